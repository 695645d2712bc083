//! `trailql user`

use std::io::BufRead;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::cli::Ending;
use crate::cli::print;
use crate::error::Error;
use crate::error::Result;
use crate::flight::guard::users;
use crate::flight::guard::users::Users;

/// The most bytes that are read for a password, so that a device without end is no password.
const MOST: u64 = 4_096;

#[derive(Debug, Args)]
#[command(
    after_help = "A password is asked for on the terminal, or is the first line of standard input; it is never an argument.\n\n\
                  Examples:\n  trailql user add ann --users ./users\n  \
                  pass show trailql/superset | trailql user add superset --users ./users"
)]
pub(super) struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a user, and make the file if there is none
    #[command(after_help = "Example:\n  trailql user add ann --users ./users")]
    Add {
        /// Letters, digits and @ . _ + -
        name: String,
        #[command(flatten)]
        file: File,
        /// Give a user who is there another password
        #[arg(long)]
        replace: bool,
    },
    /// List the names
    #[command(after_help = "Example:\n  trailql user list --users ./users")]
    List {
        #[command(flatten)]
        file: File,
    },
    /// Remove a user; their tokens are void within a second
    #[command(after_help = "Example:\n  trailql user remove ann --users ./users")]
    Remove {
        /// The name of the user
        name: String,
        #[command(flatten)]
        file: File,
    },
}

#[derive(Debug, Args)]
struct File {
    /// The file of users that `trailql serve --users` reads
    #[arg(long = "users", env = "TRAILQL_USERS", value_name = "FILE")]
    path: PathBuf,
}

pub(super) fn run(arguments: User) -> Result<Ending> {
    match arguments.command {
        Command::Add { name, file, replace } => add(&name, &file.path, replace)?,
        Command::List { file } => {
            let users = Users::read(&file.path)?;
            print(&users.names().map(|name| format!("{name}\n")).collect::<String>())?;
        }
        Command::Remove { name, file } => {
            // Not `change`, which would make a file that is not there.
            Users::read(&file.path)?;
            Users::change(&file.path, |users| if users.remove(&name) { Ok(()) } else { Err(nobody(&name)) })?;
            print(&format!("removed {name}\n"))?;
        }
    }
    Ok(Ending::Done)
}

fn add(name: &str, path: &std::path::Path, replace: bool) -> Result<()> {
    users::check_name(name)?;
    let fits = |users: &Users| match (users.has(name), replace) {
        (true, false) => Err(Error::user(format!("there is a user {name} already"))
            .hinted("--replace gives them another password")),
        (false, true) => Err(nobody(name)),
        _ => Ok(()),
    };
    // Before anybody types a password for nothing.
    if path.exists() {
        fits(&Users::read(path)?)?;
    }
    let password = password(name)?;
    Users::change(path, |users| {
        fits(users)?;
        users.set(name, &password)
    })?;
    print(&format!("{} {name}\n", if replace { "changed the password of" } else { "added" }))
}

fn nobody(name: &str) -> Error {
    Error::user(format!("there is no user {name}")).hinted("`trailql user list` lists them")
}

/// Asks for a password, twice on a terminal.
fn password(name: &str) -> Result<String> {
    let unreadable = |error: std::io::Error| Error::storage("cannot read the password").caused_by(error);
    if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password(format!("Password for {name}: ")).map_err(unreadable)?;
        let second = rpassword::prompt_password("The same again: ").map_err(unreadable)?;
        return if first == second { Ok(first) } else { Err(Error::user("that was not the same")) };
    }
    let mut line = String::new();
    let read = std::io::Read::take(std::io::stdin().lock(), MOST).read_line(&mut line).map_err(unreadable)?;
    if read == 0 {
        return Err(Error::user("there is no password on standard input"));
    }
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
