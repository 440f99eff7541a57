"""What run.py does, cut by subject. Standard library only: it runs before anything is installed.

From the bottom up: console (words to the person), processes (children, signals, left-overs), environment
(.venv and the locked packages), system (Debian packages), data (the data folder: lock, secrets, state),
servers (PostgreSQL and the broker), steps (Django's set-up steps), portal (its environment and processes), up
and foreground (the commands), main (the command line).
"""
