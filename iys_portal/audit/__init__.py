"""What happened and what is still to be done: append-only audit events and the transactional outbox."""
