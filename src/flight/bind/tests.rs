//! Values of every kind that clients bind.
