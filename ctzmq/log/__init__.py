"""Log messages over PUB sockets: `handlers` sends them, `python -m ctzmq.log` shows them."""
