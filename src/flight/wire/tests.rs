//! Every type that the engine can give is one that clients know.
