//! Sets an AWS account up for logging, and audits one. A door: only `cli` starts it.
//!
//! ```text
//! discover/       reads what is there: facts, and what could not be read
//! site.rs         what is wanted, and the names that follow from it and from what is there
//! steps/          facts -> steps: one file a step, one list; each also knows how to take itself back
//! plan.rs         steps, each with its calls as data: the operation and its input, in the shape of the API
//! show.rs  terraform.rs  cloudformation.rs        three ways to write the same plan
//! apply.rs        calls -> `send/` -> the SDK; says what was done when one fails
//! policy.rs       what setup, undo and doctor need, from the one list of operations in `calls.rs`
//! doctor/         facts -> findings: one file a subject, one list of checks
//! ```
//!
//! Nothing is overwritten: policies are merged by statement id, notifications and lifecycle rules are appended. What
//! may not be read is never taken for absent.

pub mod apply;
pub mod calls;
pub mod clients;
pub mod cloudformation;
mod difference;
pub mod discover;
pub mod doctor;
mod documents;
pub mod facts;
pub mod plan;
pub mod policy;
mod send;
pub mod show;
pub mod site;
mod steps;
pub mod terraform;

pub use clients::Clients;
pub use discover::discover;
pub use facts::Facts;
pub use plan::Plan;
pub use site::Site;
pub use site::Wanted;
