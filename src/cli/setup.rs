//! `trailql setup`

use std::io::IsTerminal;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::Ending;
use crate::cli::configuration;
use crate::cli::configuration::Followed;
use crate::cli::print;
use crate::error::Error;
use crate::error::Result;
use crate::setup;
use crate::setup::Clients;
use crate::setup::Facts;
use crate::setup::Plan;
use crate::setup::Wanted;
use crate::setup::calls::By;
use crate::setup::discover::Purpose;
use crate::setup::show::Detail;
use crate::setup::site::Announce;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql setup --queue --dry-run\n  trailql setup --queue --s3-access-logs my-data --retention 400\n  \
    trailql setup --org --queue --output terraform > trailql.tf.json\n  trailql setup --undo\n  trailql setup --policy\n\n\
    It uses the credentials of the AWS command line, asks before it changes anything, and merges with what is there.\n\
    Running it again goes on where it stopped. --undo removes what it made, and never a log."
)]
pub(super) struct Setup {
    /// The region of trail, bucket and queue (default: that of the AWS settings)
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// What all that is made is called
    #[arg(long, value_name = "NAME", default_value = "trailql")]
    name: String,
    /// The bucket for the logs (default: that of the trail there is, else a new one)
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<String>,
    /// Log every account of the organisation
    #[arg(long)]
    org: bool,
    /// A bucket whose access is to be logged (can be repeated)
    #[arg(long, value_name = "BUCKET")]
    s3_access_logs: Vec<String>,
    /// Make a queue that tells of new logs, and say what feeds it
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "sns")]
    queue: Option<Feed>,
    /// Encrypt the logs with the key of this alias; it is made if it is not there
    #[arg(long, value_name = "ALIAS")]
    kms: Option<String>,
    /// Delete logs after so many days (default: never)
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(1..=36_500))]
    retention: Option<i32>,
    /// Log data events of this kind of resource: AWS::S3::Object, AWS::Lambda::Function ... (can be repeated)
    #[arg(long, value_name = "TYPE")]
    data_events: Vec<String>,
    /// Show every call with its input, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the plan in this form, and change nothing
    #[arg(long, value_name = "FORM", conflicts_with = "dry_run")]
    output: Option<Form>,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Remove what setup has made, but no logs
    #[arg(long)]
    undo: bool,
    /// Print the policy that setup, its undoing and doctor need, and do nothing
    #[arg(long, conflicts_with_all = ["undo", "dry_run", "output"])]
    policy: bool,
    /// The file to write for `ingest --follow` (default: ~/.config/trailql/config.toml)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What feeds the queue.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Feed {
    /// The bucket tells an SNS topic, to which others can listen too
    Sns,
    /// The bucket tells the queue
    Sqs,
    /// A rule of EventBridge
    Eventbridge,
}

/// How a plan is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// A file `.tf.json`
    Terraform,
    /// A template
    Cloudformation,
    /// The steps as they are
    Json,
}

impl Setup {
    fn wanted(&self) -> Wanted {
        Wanted {
            name: self.name.clone(),
            bucket: self.bucket.clone(),
            organisation: self.org,
            access_logs: self.s3_access_logs.clone(),
            announce: self.queue.map(|feed| match feed {
                Feed::Sns => Announce::Topic,
                Feed::Sqs => Announce::Queue,
                Feed::Eventbridge => Announce::Rule,
            }),
            key: self.kms.clone(),
            retention: self.retention,
            data_events: self.data_events.clone(),
        }
    }
}

pub(super) async fn run(arguments: Setup) -> Result<Ending> {
    let wanted = arguments.wanted();
    wanted.check()?;
    if arguments.policy {
        let region = arguments.region.clone().or_else(|| std::env::var("AWS_REGION").ok());
        let policy = setup::policy::policy(&wanted, region.as_deref(), &[By::Doctor, By::Setup, By::Undo]);
        print(&format!("{policy:#}\n"))?;
        return Ok(Ending::Done);
    }
    let clients = Clients::of_process(arguments.region.as_deref()).await?;
    let purpose = if arguments.undo { Purpose::Undo } else { Purpose::Setup };
    let facts = setup::discover(&clients, wanted.clone(), purpose).await?;
    let plan = if arguments.undo { Plan::undoing(&facts)? } else { Plan::of(&facts)? };
    if let Some(form) = arguments.output {
        let written = match form {
            Form::Json => plan.json(),
            _ if arguments.undo => {
                return Err(Error::user("a template says what is to be there, so --undo has none")
                    .hinted("remove the resources from the template instead, or use --output json"));
            }
            Form::Terraform => setup::terraform::template(&plan, &facts),
            Form::Cloudformation => setup::cloudformation::template(&plan),
        };
        print(&format!("{written:#}\n"))?;
        return Ok(Ending::Done);
    }
    let detail = if arguments.dry_run { Detail::Calls } else { Detail::Documents };
    print(&setup::show::text(&plan, &facts, detail))?;
    if arguments.dry_run {
        return Ok(Ending::Done);
    }
    let path = configuration::path(arguments.config.as_deref())?;
    if !arguments.undo {
        check_file(&path, &facts)?;
    }
    if !plan.is_done() {
        if !arguments.yes && !agreed()? {
            print("nothing was changed\n")?;
            return Ok(Ending::Done);
        }
        let told = |step: &setup::plan::Step| {
            // Whoever does not read what it says does not stop it half way.
            let _ = print(&format!("done  {:<14} {}\n", step.name, step.on));
        };
        setup::apply::apply(&clients, &plan, told).await?;
    }
    if arguments.undo {
        return forget(&path, &facts);
    }
    let facts = setup::discover(&clients, wanted, purpose).await?;
    let known = configuration::read(&path)?;
    let followed = followed(&facts, known.as_ref());
    if known.as_ref() != Some(&followed) {
        configuration::write(&path, Some(&followed))?;
        print(&format!("wrote {}\n", path.display()))?;
    }
    print(
        "\nFrom now on: trailql ingest --follow\nLogs arrive some five minutes after the events; access logs within hours.\n",
    )?;
    Ok(Ending::Done)
}

/// What `ingest --follow` is to follow; what an earlier run has set up goes on.
fn followed(facts: &Facts, known: Option<&Followed>) -> Followed {
    let site = &facts.site;
    let mut sources = known.map(|known| known.sources.clone()).unwrap_or_default();
    for (_, folder) in site.folders() {
        let source = format!("s3://{}/{folder}", site.bucket);
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let is_fed = |queue: &&setup::facts::Queue| site.wanted.announce.is_some() || facts.is_ours(&queue.tags);
    let queue = facts.queue.as_ref().filter(is_fed).map(|queue| queue.url.clone());
    Followed { sources, queue, region: Some(site.region.clone()) }
}

/// A file that follows something else is not overwritten.
fn check_file(path: &Path, facts: &Facts) -> Result<()> {
    let Some(known) = configuration::read(path)? else { return Ok(()) };
    let bucket = format!("s3://{}/", facts.site.bucket);
    if known.sources.iter().all(|source| source.starts_with(&bucket)) {
        return Ok(());
    }
    Err(Error::user(format!("{} follows something else: {}", path.display(), known.sources.join(", ")))
        .hinted("name another file with --config, here and for `ingest --follow`"))
}

fn forget(path: &Path, facts: &Facts) -> Result<Ending> {
    let known = configuration::read(path)?;
    let bucket = format!("s3://{}/", facts.site.bucket);
    if known.is_some_and(|known| known.sources.iter().all(|source| source.starts_with(&bucket))) {
        configuration::write(path, None)?;
        print(&format!("{} follows it no more\n", path.display()))?;
    }
    Ok(Ending::Done)
}

/// Asks whoever sits there.
fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::user("nobody is there to ask, and nothing was changed")
            .hinted("--yes does it without asking, --dry-run shows every call"));
    }
    print("\nDo this? [y/N] ")?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Error::storage("cannot read the answer").caused_by(error))?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
