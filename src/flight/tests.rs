//! The service over a lake in memory, asked as clients ask it.
