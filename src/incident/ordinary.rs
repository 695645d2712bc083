//! The ordinary days around the story: what a company of this size leaves in its logs anyway.
//!
//! Work comes in quarters of an hour, so that the bucket stays small: whoever acts in one quarter shares
//! one delivery per account and region.

mod builds;
mod machines;
mod people;
mod services;

use crate::incident::company::CLOSING;
use crate::incident::company::DEV_MACHINES;
use crate::incident::company::FRANKFURT;
use crate::incident::company::IRELAND;
use crate::incident::company::OREGON;
use crate::incident::company::REGIONS;
use crate::incident::company::VIRGINIA;
use crate::incident::company::running;
use crate::incident::journal::Journal;
use crate::incident::moment::Moment;
use crate::incident::moment::at;

/// Tells of five working days, hour by hour.
pub(super) fn tell(journal: &mut Journal) {
    for day in 14..=18 {
        for hour in 0..24 {
            // Not everything happens at the full hour.
            let quarter = at(day, hour, (day * 7 + hour) % 4 * 15, 0);
            if quarter < CLOSING {
                production(journal, hour, quarter);
                development(journal, hour, quarter);
                security(journal, hour, quarter);
            }
        }
    }
    people::once(journal);
}

fn production(journal: &mut Journal, hour: u32, quarter: Moment) {
    for region in REGIONS {
        let busy = match region {
            FRANKFURT => hour.is_multiple_of(3),
            IRELAND => hour % 6 == 3,
            VIRGINIA => hour.is_multiple_of(6),
            _ => false,
        };
        if !busy {
            continue;
        }
        for machine in running(region, quarter) {
            machines::parcel_server(journal, quarter, machine);
        }
        services::uptime(journal, quarter, region);
        if region == FRANKFURT {
            machines::label_printer(journal, quarter);
            services::config_rules(journal, quarter);
        }
    }
    match hour {
        9 => builds::deployment(journal, quarter),
        18 => services::backup(journal, quarter, VIRGINIA),
        21 => {
            services::backup(journal, quarter, FRANKFURT);
            services::backup(journal, quarter, IRELAND);
            services::copy_backups(journal, quarter, OREGON);
        }
        _ => {}
    }
}

fn development(journal: &mut Journal, hour: u32, quarter: Moment) {
    match hour {
        6 => machines::dev_scheduler(journal, quarter, machines::Switch::On),
        7 | 9 | 14 => people::developers(journal, quarter),
        12 => {
            people::developers(journal, quarter);
            services::posture_scan(journal, quarter);
        }
        16 => {
            people::developers(journal, quarter);
            builds::terraform(journal, quarter);
        }
        19 => machines::dev_scheduler(journal, quarter, machines::Switch::Off),
        _ => {}
    }
    if matches!(hour, 7 | 9 | 12 | 14 | 16) {
        for machine in &DEV_MACHINES {
            machines::dev_server(journal, quarter, machine);
        }
    }
}

fn security(journal: &mut Journal, hour: u32, quarter: Moment) {
    if matches!(hour, 0 | 7 | 12) {
        services::trail_delivery(journal, quarter);
    }
    if matches!(hour, 7 | 12) {
        people::portal(journal, quarter);
    }
}
