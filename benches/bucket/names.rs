//! The names of an organisation that does not exist.

use super::random;
use super::random::Random;

const TEAMS: [&str; 24] = [
    "payments",
    "checkout",
    "ledger",
    "catalog",
    "search",
    "shipping",
    "returns",
    "loyalty",
    "identity",
    "mail",
    "pricing",
    "fraud",
    "billing",
    "inventory",
    "routing",
    "media",
    "reports",
    "insights",
    "support",
    "partner",
    "mobile",
    "web",
    "data",
    "platform",
];
const PARTS: [&str; 24] = [
    "api",
    "worker",
    "ingest",
    "export",
    "stream",
    "cache",
    "index",
    "events",
    "batch",
    "gateway",
    "sync",
    "archive",
    "metrics",
    "audit",
    "queue",
    "loader",
    "render",
    "notify",
    "session",
    "import",
    "scheduler",
    "store",
    "feed",
    "proxy",
];
const STAGES: [&str; 6] = ["", "", "", "-staging", "-dev", "-test"];
const FIRST: [&str; 28] = [
    "maria", "jonas", "aisha", "wei", "carlos", "ingrid", "tomasz", "priya", "noah", "lucia", "kofi",
    "hanna", "yuki", "omar", "elena", "pavel", "sofia", "liam", "fatima", "george", "chloe", "arjun", "nina",
    "mateo", "ruth", "samir", "olga", "henry",
];
const LAST: [&str; 28] = [
    "keller",
    "okafor",
    "lindqvist",
    "tanaka",
    "moreau",
    "silva",
    "novak",
    "haddad",
    "fischer",
    "rossi",
    "larsen",
    "mensah",
    "dubois",
    "kowalski",
    "ivanova",
    "santos",
    "murphy",
    "chen",
    "patel",
    "virtanen",
    "weber",
    "castillo",
    "nakamura",
    "osei",
    "bauer",
    "romero",
    "nilsson",
    "gray",
];
const ACCOUNTS: [&str; 12] = [
    "111122223333",
    "444455556666",
    "123456789012",
    "777788889999",
    "210987654321",
    "012345678901",
    "999988887777",
    "666655554444",
    "333322221111",
    "888877776666",
    "555544443333",
    "222211110000",
];

/// Names a thing that an organisation runs, such as `payments-worker` or `web-cache-staging`.
pub(super) fn label(random: &mut Random) -> String {
    format!("{}-{}{}", random.pick(&TEAMS), random.pick(&PARTS), random.pick(&STAGES))
}

/// Names a person, such as `maria.keller`.
pub(super) fn person(random: &mut Random) -> String {
    format!("{}.{}", random.pick(&FIRST), random.pick(&LAST))
}

/// Gives the account at `place`: those that AWS's own documentation uses, then ones made like them.
pub(super) fn account(place: usize) -> String {
    ACCOUNTS.get(place).map_or_else(|| format!("1000{place:08}"), |&id| id.to_owned())
}

/// Gives a public address out of the ranges that are kept for documentation.
pub(super) fn public_address(random: &mut Random) -> String {
    if random.chance(0.04) {
        let [a, b] = [random.below(0xffff), random.below(0xffff)];
        return format!("2001:db8:{a:x}:{b:x}::{:x}", random.between(1, 0xff));
    }
    let range = random.pick(&["192.0.2", "198.51.100", "203.0.113"]);
    format!("{range}.{}", random.between(1, 254))
}

/// Gives a private address.
pub(super) fn private_address(random: &mut Random) -> String {
    let [a, b, c] = [random.below(32), random.below(256), random.between(4, 250)];
    format!("10.{a}.{b}.{c}")
}

/// Gives an id with a prefix, such as `AROA` and 17 letters of a key.
pub(super) fn key(prefix: &str, length: usize, random: &mut Random) -> String {
    let mut id = prefix.to_owned();
    random.text(random::KEY, length, &mut id);
    id
}

/// Gives hexadecimal digits behind a prefix, such as `i-0` and 16 digits.
pub(super) fn hex(prefix: &str, length: usize, random: &mut Random) -> String {
    let mut id = prefix.to_owned();
    random.text(random::HEX, length, &mut id);
    id
}
