"""Register and remove push connections, and send what is due."""
