"""`gpu-report`: run everything on CPU and GPU, and write a report of both side by side."""

import re
from typing import Annotated

import typer

from harness.cli.options import DEFAULT_REPORTS, ReportsOption, ScenariosOption, open_catalog
from harness.cli.printer import Printer
from harness.cli.terminal import choose_layout


def gpu_report(
    scenarios: ScenariosOption = None,
    reports: ReportsOption = DEFAULT_REPORTS,
    timing: Annotated[
        bool,
        typer.Option(
            "--timing/--no-timing", help="Time every restore, on the GPU one after another."
        ),
    ] = True,
) -> None:
    """Run every scenario on CPU and GPU, and write a report of both.

    The files gpu-NAME.md and gpu-NAME.json are written to the reports folder.
    """
    from harness.api import start_run
    from harness.cli.carry_out import carry_out, report
    from harness.execution.devices import require_gpu
    from harness.execution.request import RunRequest
    from harness.report.device import write_device_report
    from harness.results.json_files import make_result_file, write_json
    from harness.results.store import Store

    store = Store(reports)
    catalog = open_catalog(scenarios)
    chosen = [scenario.id for scenario in catalog.scenarios]
    request = RunRequest(
        scenarios=chosen,
        root=str(catalog.root),
        command=["gpu-report"] if timing else ["gpu-report", "--no-timing"],
        timing=timing,
    )
    gpu = require_gpu(request.interpreter, reports)
    run = carry_out(store, start_run(store, request), request, catalog)
    document = make_result_file(run)
    name = "gpu-" + re.sub(r"[^a-z0-9]+", "-", str(gpu.model or "unknown").lower()).strip("-")
    write_json(reports / f"{name}.json", document)
    (reports / f"{name}.md").write_text(write_device_report(document, gpu))
    code = report(store, run, catalog, choose_layout("simple"), Printer(None), None)
    typer.echo(
        f"Written: {reports / name}.md and .json; a pull request with these files is welcome."
    )
    raise typer.Exit(code)
