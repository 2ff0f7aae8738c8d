"""Tables of what attacks and load measured, for docs/security.md."""

from __future__ import annotations

from typing import Any

from rendering import table

_NAMES = {
    "test_mutants": "mutants of pictures",
    "test_bombs": "pictures that stand for far more than their size",
    "test_reports": "altered reports",
    "test_profiles": "altered profiles",
    "test_records": "altered facts of records",
    "test_texts": "texts to 100,000 characters and beyond",
    "test_questions_passages_and_streams": "the same as questions, passages and streams",
    "test_special_files_and_names": "special files and names at doors that read",
    "test_writing_to_special_files": "the same at doors that write",
    "test_nodes": "nodes",
    "test_reports_name_and_open_nothing": "reports that name files and addresses",
    "test_paths_of_every_verb": "command line: paths",
    "test_targets_of_every_verb": "command line: targets",
    "test_numbers_and_words_of_every_option": "command line: numbers and words",
    "test_processes_of_an_odd_environment": "command line: odd environments",
    "test_an_output_that_is_closed_or_full": "command line: closed and full outputs",
    "test_a_full_disk[200k]": "a disk of 200 kB",
    "test_a_full_disk[1m]": "a disk of 1 MB",
    "test_a_full_disk[3m]": "a disk of 3 MB",
    "test_a_read_only_disk": "a read-only disk",
    "test_two_writers_and_kills": "two writers, and kills",
    "test_damaged_stores": "damaged stores",
    "test_forks": "8 forks while others verify",
    "test_spawn": "spawned processes",
    "test_faults_of_servers": "faults of servers of models",
    "test_every_use_while_it_is_down_and_after[killed]": "a Chroma server that is killed, and back",
    "test_every_use_while_it_is_down_and_after[paused]": "a Chroma server that is paused, and back",
    "test_killed_in_the_middle_of_the_work": "a Chroma server killed in the middle of the work",
    "test_altered_forms": "service: altered forms of every address",
    "test_bodies_of_every_kind": "service: bodies and content types of every kind",
    "test_multipart_forms": "service: multipart forms",
    "test_ids_and_paths": "service: ids and paths",
    "test_raw_requests": "service: raw HTTP",
    "test_slow_and_broken_callers": "service: slow and broken callers",
    "test_many_at_once": "service: sixteen callers at once",
    "test_a_server_that_is_killed_under_its_client_and_started_again": "client: a server that is killed, and back",
    "test_a_server_that_is_none": "client: servers that answer something else, or never",
    "test_tools": "tools of MCP",
    "test_guardrails_and_workflows": "guardrails and workflows",
    "test_altered_rows": "tables: altered rows",
    "test_odd_cells": "tables: odd cells",
    "test_mutated_tables": "tables: mutated files",
    "test_lying_sizes": "tables that stand for far more than their size",
    "test_special_files_as_tables": "tables: special files and names",
    "test_stopped_runs": "tables: journals of stopped runs",
    "test_altered_logs": "altered logs of answers",
    "test_odd_values_of_every_option": "`clipverify.toml`: odd values",
    "test_odd_values_in_the_environment": "the environment: odd values",
    "test_damaged_files_and_links": "`clipverify.toml`: damaged files and links",
    "test_documents_made_to_harm": "PDFs made to harm",
    "test_mutated_documents": "mutated PDFs",
    "test_special_files_as_documents": "PDFs: special files and names",
}
_COUNTS = ("read", "refused", "raw", "hang")


def attacked(attacks: dict[str, Any], load: dict[str, Any]) -> str:
    """Return the table of attacks, and the figures under load."""
    rows = [_row(_NAMES.get(name, name), one) for name, one in _in_order(attacks)]
    every = {name: sum(one.get(name, 0) for _, one in _in_order(attacks)) for name in ("attacks", *_COUNTS)}
    heads = ["attacks", "number", "read", "typed error", "raw error", "hang", "slowest"]
    slowest = max(one["slowest_s"] for _, one in _in_order(attacks))
    shown = table(heads, [*rows, _row("all", {**every, "slowest_s": slowest})], {})
    return f"{shown}\n\nThe largest process had {attacks['peak_mb']:,} MB.\n\n{_under_load(load)}"


def _in_order(attacks: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    kinds = list(_NAMES)
    found = [(name, one) for name, one in attacks.items() if isinstance(one, dict)]
    return sorted(found, key=lambda pair: kinds.index(pair[0]) if pair[0] in kinds else len(kinds))


def _row(name: str, one: dict[str, Any]) -> list[str]:
    slowest = f"{one['slowest_s']:.1f} s" if one["slowest_s"] else "–"
    return [name, f"{one['attacks']:,}", *(f"{one.get(count, 0):,}" for count in _COUNTS), slowest]


def _under_load(load: dict[str, Any]) -> str:
    memory = ", ".join(f"{one:,}" for one in load["mb_each_minute"])
    shares = ", ".join(f"p{share} {load[f'p{share}_ms']:,} ms" for share in (50, 95, 99))
    return (
        f"{load['clients']} clients on one verifier for {load['minutes']:g} minutes on {load['cores']} cores: "
        f"{load['answers']:,} answers, {load['errors']} errors; {shares}, slowest {load['slowest_ms']:,} ms. "
        f"Memory each minute: {memory} MB (`python benchmarks/load.py`)."
    )
