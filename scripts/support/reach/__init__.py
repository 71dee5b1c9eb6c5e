"""Where ctzmq works: the platforms that scripts/reach runs, how each is made, and the page."""
