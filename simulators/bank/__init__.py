"""Bank simulator: iyzico's and NestPay's wire protocols, and a bank's own card pages, in a process of its own.

    IYZICO_API_KEY=… IYZICO_SECRET_KEY=… python -m simulators.bank --port 8002 --portal-url URL --data DIR

It moves no money, says on every page that it is a simulator, and listens on loopback only. Of a card it keeps the
first six and the last four digits and what the card was made to answer; never the number, never the code.
"""
