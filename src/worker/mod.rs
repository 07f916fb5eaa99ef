//! DOING IT: pools, exchanges, retries, failover.
