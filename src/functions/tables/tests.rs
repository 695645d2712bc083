use super::*;

#[test]
fn each_is_documented() {
    for function in TABLE_FUNCTIONS {
        let query = function.example.trim().strip_prefix("> ").unwrap();
        assert!(query.contains(&format!("FROM {}('", function.name)), "{query}");
        assert!(function.description.ends_with('.') && !function.argument.1.is_empty());
    }
}
