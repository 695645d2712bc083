//! stub
use crate::logs::cloudtrail::facts::Facts;
use std::borrow::Cow;
pub const DERIVATIONS_VERSION: u32 = 1;
pub fn principal<'a>(f: &'a Facts<'_>) -> Option<Cow<'a, str>> { f.user_arn.as_deref().map(Cow::Borrowed) }
pub fn session_name<'a>(_: &'a Facts<'_>) -> Option<Cow<'a, str>> { None }
pub fn issued_access_key_id<'a>(_: &'a Facts<'_>) -> Option<Cow<'a, str>> { None }
pub fn outcome(_: &Facts<'_>) -> &'static str { "success" }
