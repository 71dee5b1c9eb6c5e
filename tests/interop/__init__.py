"""ctzmq and pyzmq, each in a process of its own, talk to each other and are compared."""
