//! Holds tests only; see `e2e` and `interop`.
