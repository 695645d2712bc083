//! How SQL is read: the engine's own dialect, but for one thing that everybody gets wrong.
//!
//! There, `->` and `->>` bind less tightly than `=`, so that `request_parameters->>'userName' = 'alice'` asks for the
//! field `('userName' = 'alice')`. Here they bind as in PostgreSQL: the field is taken, and then compared.

use std::any::TypeId;

use datafusion::sql::sqlparser::dialect::Dialect;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::dialect::Precedence;

/// The dialect of all SQL that people write: in the shell, in files, in reports.
pub static DIALECT: Investigators = Investigators(GenericDialect);

/// How tightly `->` binds: more than `||` and `*`, less than `::`.
const ARROW: u8 = 45;

/// The engine's dialect with arrows that bind tightly.
#[derive(Debug)]
pub struct Investigators(GenericDialect);

/// Answers these questions as the engine's dialect does. One that is missing here is answered as for any dialect.
macro_rules! as_before {
    ($($question:ident)*) => {
        $(fn $question(&self) -> bool {
            self.0.$question()
        })*
    };
}

impl Dialect for Investigators {
    fn dialect(&self) -> TypeId {
        self.0.dialect()
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        match precedence {
            Precedence::PgOther => ARROW,
            other => self.0.prec_value(other),
        }
    }

    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        self.0.is_delimited_identifier_start(letter)
    }

    fn is_identifier_start(&self, letter: char) -> bool {
        self.0.is_identifier_start(letter)
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        self.0.is_identifier_part(letter)
    }

    as_before! {
        supports_unicode_string_literal
        supports_partition_by_after_order_by
        supports_array_join_syntax
        supports_group_by_expr
        supports_group_by_with_modifier
        supports_left_associative_joins_without_parens
        supports_connect_by
        supports_match_recognize
        supports_pipe_operator
        supports_start_transaction_modifier
        supports_window_function_null_treatment_arg
        supports_dictionary_syntax
        supports_window_clause_named_window_reference
        supports_parenthesized_set_variables
        supports_select_wildcard_except
        support_map_literal_syntax
        allow_extract_custom
        allow_extract_single_quotes
        supports_extract_comma_syntax
        supports_create_view_comment_syntax
        supports_parens_around_table_factor
        supports_values_as_table_factor
        supports_create_index_with_clause
        supports_explain_with_utility_options
        supports_limit_comma
        supports_update_order_by
        supports_from_first_select
        supports_projection_trailing_commas
        supports_asc_desc_in_column_definition
        supports_try_convert
        supports_bitwise_shift_operators
        supports_comment_on
        supports_load_extension
        supports_named_fn_args_with_assignment_operator
        supports_struct_literal
        supports_empty_projections
        supports_nested_comments
        supports_multiline_comment_hints
        supports_user_host_grantee
        supports_string_escape_constant
        supports_array_typedef_with_brackets
        supports_match_against
        supports_set_names
        supports_comma_separated_set_assignments
        supports_filter_during_aggregation
        supports_select_wildcard_exclude
        supports_data_type_signed_suffix
        supports_interval_options
        supports_quote_delimited_string
        supports_select_wildcard_replace
        supports_select_wildcard_ilike
        supports_select_wildcard_rename
        supports_optimize_table
        supports_install
        supports_detach
        supports_prewhere
        supports_with_fill
        supports_limit_by
        supports_interpolate
        supports_settings
        supports_select_format
        supports_comment_optimizer_hint
        supports_constraint_keyword_without_name
        supports_key_column_option
        supports_comma_separated_trim
        supports_cte_without_as
        supports_select_item_multi_column_alias
        supports_xml_expressions
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::parser::DFParserBuilder;
    use datafusion::sql::sqlparser::ast::Expr;

    use super::*;

    /// An expression with all of its brackets.
    fn shown(expression: &Expr) -> String {
        match expression {
            Expr::BinaryOp { left, op, right } => format!("({} {op} {})", shown(left), shown(right)),
            Expr::IsNull(inner) => format!("({} IS NULL)", shown(inner)),
            Expr::Like { expr, pattern, .. } => format!("({} LIKE {pattern})", shown(expr)),
            Expr::InList { expr, .. } => format!("({} IN ...)", shown(expr)),
            other => other.to_string(),
        }
    }

    #[test]
    fn arrows_bind_before_comparisons() {
        for (sql, meant) in [
            ("a->>'k' = 'v'", "((a ->> 'k') = 'v')"),
            ("a->'j'->>'k' LIKE 'v%' AND b", "((((a -> 'j') ->> 'k') LIKE 'v%') AND b)"),
            ("a->>'k' IS NULL", "((a ->> 'k') IS NULL)"),
            ("a->>'k' || 'v' <> b->>'k'", "(((a ->> 'k') || 'v') <> (b ->> 'k'))"),
            ("a->>'k' IN ('v', 'w')", "((a ->> 'k') IN ...)"),
        ] {
            let mut parser = DFParserBuilder::new(sql).with_dialect(&DIALECT).build().unwrap();
            assert_eq!(shown(&parser.parse_expr().unwrap().expr), meant, "{sql}");
        }
    }
}
