//! What a client may set for its statements.

use std::str::FromStr;

use arrow::array::timezone::Tz;
use datafusion::prelude::SessionContext;

use crate::error::Error;
use crate::error::Result;
use crate::reports;
use crate::session::CATALOG;
use crate::session::SCHEMA;
use crate::session::Session;
use crate::session::information;

/// Settings of a session; what is not set is as ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The schema in which a table is looked up that is named without one.
    pub schema: Option<String>,
    /// The zone of `now()` and of times that are written without one.
    pub time_zone: Option<String>,
}

impl Session {
    /// The name of the one catalog.
    pub const CATALOG: &'static str = CATALOG;
    /// The schema of the tables, which is that of names without one.
    pub const SCHEMA: &'static str = SCHEMA;

    /// The same session with these settings.
    ///
    /// # Errors
    /// There is no such schema, or no such time zone.
    pub fn with_settings(&self, settings: Settings) -> Result<Self> {
        let known = [SCHEMA, reports::SCHEMA, information::SCHEMA];
        if let Some(schema) = settings.schema.as_deref().filter(|schema| !known.contains(schema)) {
            return Err(Error::user(format!("there is no schema {schema}"))
                .hinted(format!("there is {}", known.join(", "))));
        }
        if let Some(zone) = settings.time_zone.as_deref().filter(|zone| Tz::from_str(zone).is_err()) {
            return Err(Error::user(format!("there is no time zone {zone}"))
                .hinted("write it as UTC, +02:00 or Europe/Berlin"));
        }
        Ok(Self { settings, ..self.clone() })
    }
}

impl Settings {
    /// A context with these settings. Reports were planned before, and know nothing of them.
    pub(super) fn applied(&self, context: &SessionContext) -> SessionContext {
        let mut state = context.state();
        let options = state.config_mut().options_mut();
        // The schema is one of the catalog, with more in it than the engine's own.
        options.catalog.information_schema = false;
        if let Some(schema) = &self.schema {
            options.catalog.default_schema.clone_from(schema);
        }
        if let Some(zone) = &self.time_zone {
            options.execution.time_zone = Some(zone.clone());
        }
        SessionContext::new_with_state(state)
    }
}
