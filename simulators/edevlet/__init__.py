"""e-Devlet simulator: an OpenID Connect identity provider in a process of its own.

    EDEVLET_CLIENT_SECRET=… python -m simulators.edevlet --port 8001 --portal-url URL --data DIR

It knows three fictitious people, says on every page that it is a simulator, and listens on loopback only.
"""
