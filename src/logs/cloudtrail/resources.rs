//! stub
use crate::logs::cloudtrail::facts::Facts;
pub fn resource_arns(_: &Facts<'_>, _: &mut Vec<String>) { }
