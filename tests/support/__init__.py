"""What every system test stands on: a real httpd, a scripted backend, a client that does not believe what it reads."""
