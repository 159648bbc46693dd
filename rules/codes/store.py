"""S: the command, the books and the machine."""

from __future__ import annotations

from rules.codes.code import Code

STORE: dict[str, Code] = {
    "S100": Code(
        "Command not understood",
        "A word or an option of the command line is missing or unknown.",
        "Ask the command with `--help`, or see the reference of commands.",
    ),
    "S101": Code(
        "Program not readable",
        "The file is not there, or may not be read.",
        "Name a program file; `partage init` writes one.",
    ),
    "S102": Code(
        "Something is there already",
        "Starting a program never writes over or beside other people's files.",
        "Name a new folder, or an empty one.",
    ),
    "S103": Code(
        "Folder can't be written",
        "The folder's rights or the disk do not allow it.",
        "Check them, or name another folder.",
    ),
    "S110": Code(
        "No such partner in the run", "The run pays no partner of this id.", "Take an id that `partage show` lists."
    ),
    "S111": Code(
        "Nothing of that name in the program",
        "A payout, a pool, a sum, a KPI or a number of a scorecard can be explained, and this is the name of none.",
        "Take one of the names that are listed.",
    ),
    "S112": Code(
        "No run yet", "There is nothing to show until a period was calculated.", "Calculate one with `partage run`."
    ),
    "S113": Code(
        "No such KPI at this level",
        "The program measures no KPI of this name by partner, or at the level that was asked for.",
        "Take one of the names that are listed, or another level.",
    ),
    "S114": Code(
        "No such row in the run",
        "No table of the run has an accepted row of this key.",
        "Name the key as the source has it; `partage show RUN --rejected` lists the rows that were left out.",
    ),
    "S115": Code("Program without a scorecard", "There is nothing to score by.", "Write one under `scorecards:`."),
    "S120": Code(
        "No such period", "The program's calendar has no period of this name.", "Take a name of the form that is shown."
    ),
    "S121": Code(
        "Program not in force",
        "The period has days on which the program does not apply.",
        "Change the period, or `effective:`.",
    ),
    "S130": Code(
        "Run comes out differently",
        "The kept program and facts, worked out again, give another run: the engine changed, or a kept file did.",
        "Use the version that made the run, and compare.",
    ),
    "S131": Code(
        "Case comes out differently",
        "A case of the program (`tests:`) says what should come out, and something else does.",
        "Read the explanation; mend the rule, or correct what is expected.",
    ),
    "S132": Code(
        "Program without cases",
        "`partage test` works out the cases that the program brings along, and it brings none.",
        "Write one under `tests:`.",
    ),
    "S133": Code("No such case", "The program has no case of this name.", "Take one of the names that are listed."),
    "S140": Code(
        "No such partner",
        "The source of partners has no row of this id.",
        "Name a partner as the source has it.",
    ),
    "S141": Code(
        "No such payout rule",
        "A curve is drawn of one payout rule, and the program has none of this name.",
        "Take one of the names that are listed.",
    ),
    "S142": Code(
        "Rule without such a curve",
        "A curve shows what one row is paid as one input of its rule runs from a lower to a higher value.",
        "Name an input of the rule and a range that rises; a contest is shown by `partage plan`.",
    ),
    "S143": Code(
        "Acceptance that says too little",
        "An acceptance names the partner, the person who accepted and the day, which is not in the future.",
        "Give --partner and --by, and the day with --on if it is not today.",
    ),
    "S201": Code(
        "No store",
        "What is read must have been kept first, and there is no store under this name.",
        "Check the path; `partage run` makes a store with its first run.",
    ),
    "S202": Code(
        "Not a store",
        "A folder, a file that is no database, or the database of other software must not be written over.",
        "Name the file of a Partage store, or a file that does not exist yet.",
    ),
    "S203": Code(
        "Store out of reach",
        "A store needs a folder that may be written, even to read, for the log and the blobs beside the file.",
        "Check the rights of the file and its folder; copy a store from a read-only disk, with its blobs.",
    ),
    "S204": Code(
        "Store can't be written",
        "The disk is full or failing, or a limit on file size is reached; nothing of the command was kept.",
        "Make room or mend the disk, then run the command again.",
    ),
    "S205": Code(
        "Store busy",
        "One command writes at a time, and another one did not end within ten seconds.",
        "Run the command again when the other one has ended.",
    ),
    "S206": Code(
        "Schema too new",
        "A newer Partage wrote the store, and this one might misread it.",
        "Install that version or a later one.",
    ),
    "S207": Code(
        "Setting not taken",
        "Without its log, its checks and its waits the database can't promise that a run is kept whole.",
        "Put the store on a local disk: network folders often lack what SQLite's log needs.",
    ),
    "S208": Code(
        "Database damaged",
        "Pages of the file are not what SQLite wrote.",
        "Restore the store and its blobs from a backup.",
    ),
    "S209": Code(
        "Blob missing or changed",
        "A blob is named by the SHA-256 of its bytes, and these bytes have another one.",
        "Restore the folder of the blobs from a backup.",
    ),
    "S210": Code("No such run", "Runs are numbered 1, 2, 3 as they are kept.", "Name a run that was kept."),
    "S211": Code(
        "Manifest changed",
        "A run's id is the SHA-256 of its manifest, and this manifest has another one.",
        "Restore the store from a backup.",
    ),
    "S212": Code(
        "Program or sheet changed",
        "A run's manifest names the digests of its program and of what partners were found to have; those kept have "
        "others.",
        "Restore the store from a backup.",
    ),
    "S500": Code(
        "Fault of Partage",
        "The program met a state that its authors thought impossible; nothing half-done is kept.",
        "Run again with PARTAGE_DEBUG=1 and report what it prints.",
    ),
}
