"""E-mail to providers: written when something happened, in its transaction; sent later, through the outbox."""
