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
    "S105": Code(
        "Not known by that name",
        "On PostgreSQL whoever logged in is who acts; elsewhere a name is declared, and has to be readable.",
        "Log in as who you are, or leave `--as` out; a name has at most 200 characters that can be seen.",
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
    "S150": Code(
        "Runs of two currencies",
        "What moves between two currencies is exchange, which no cause of the programs explains.",
        "Compare runs of one currency.",
    ),
    "S160": Code(
        "Kept table changed",
        "The manifest of a run names the digest of each table's rows, and those kept have another one, or can't be "
        "read.",
        "Restore the store from a backup.",
    ),
    "S161": Code(
        "Kept lines changed",
        "The lines of a run that are kept are not those of its manifest, or not those that its program and facts make.",
        "Restore the store from a backup.",
    ),
    "S162": Code(
        "Kept figures changed",
        "What the database says of a run in short, or what it keeps beside its lines, is not what its program and "
        "facts make.",
        "Restore the store from a backup.",
    ),
    "S170": Code(
        "Old system's row that says too little",
        "A row of the file that is held against a run says who was paid, how much, and all else that it has a column "
        "for.",
        "Fill the cell in, or take the row out.",
    ),
    "S171": Code(
        "Not a component of the run",
        "What an old system calls a component is matched with the names and the titles of those of the run.",
        "Say which it is: `--components 'Base comm=commission'`.",
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
    "S213": Code(
        "Log of events broken",
        "Each event names the digest of the one before, and one of those kept does not: something was changed, removed "
        "or moved.",
        "Restore the store from a backup, and find out who changed it.",
    ),
    "S214": Code(
        "Key of another request",
        "An idempotency key stands for one request for ever, so that a command sent twice has one effect.",
        "Send the other request under a new key.",
    ),
    "S215": Code(
        "Database out of reach",
        "The store is a database of PostgreSQL, and no connection to it can be made.",
        "Check the address, the user and the password, and that the server runs.",
    ),
    "S216": Code(
        "Connection to the database broken",
        "The server ended or the network failed while a command was at work; it is told whether anything was kept.",
        "Run the command again when the database answers.",
    ),
    "S217": Code(
        "Address of no database",
        "A store is a file, or a database of PostgreSQL whose address names it without a doubt.",
        "Write `postgresql://USER@HOST/DATABASE`, with special characters as `%40`.",
    ),
    "S218": Code(
        "Amount beyond what the books hold",
        "Amounts are kept as whole numbers of minor units in 64 bits.",
        "Check the figures that the amount comes from.",
    ),
    "S219": Code(
        "Schema too old",
        "An older Partage wrote the store, and what it keeps is changed only after a backup was taken and verified.",
        "Run `partage upgrade`.",
    ),
    "S220": Code(
        "Rows that do not fit",
        "What the tables of a store hold is counted and held against each other, and something of it does not agree: "
        "the file was cut, copied while others wrote, or changed by hand.",
        "Restore the store from a backup.",
    ),
    "S221": Code(
        "Backup damaged",
        "A backup says what is in it, and a copy has to hold what was read; this one does not.",
        "Use another backup, and check the disk.",
    ),
    "S222": Code(
        "Never written over",
        "A backup gets a folder of its own, and is restored only to where no store is yet.",
        "Name a folder, or a store, that is not there yet.",
    ),
    "S223": Code(
        "Not a backup",
        "A backup is a folder that `partage backup` wrote, with its record `backup.json`.",
        "Name that folder.",
    ),
    "S224": Code(
        "Upgrade without a backup",
        "Beside a file, an upgrade finds a place for the backup by itself; beside a database there is none.",
        "Name a folder with `--backup FOLDER`.",
    ),
    "S225": Code(
        "Upgrade undone",
        "An upgrade must find the books as they were backed up, and leave every row as it was.",
        "Stop whoever writes with an older Partage, and run `partage upgrade` again.",
    ),
    "S500": Code(
        "Fault of Partage",
        "The program met a state that its authors thought impossible; nothing half-done is kept.",
        "Run again with PARTAGE_DEBUG=1 and report what it prints.",
    ),
}
