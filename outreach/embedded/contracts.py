"""A contract for import-linter that it does not bring itself."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class StandardLibraryOnly(Contract):
    """`package` imports itself and the standard library, nothing else."""

    package = fields.ModuleField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        package = self.package.name  # type: ignore[attr-defined]  # import-linter puts the value there
        breaches = [
            (importer, imported)
            for importer in sorted({package, *graph.find_descendants(package)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not self._allowed(imported, package)
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {imported}, which is not of the standard library.")

    @staticmethod
    def _allowed(imported: str, package: str) -> bool:
        return imported.split(".")[0] in sys.stdlib_module_names or f"{imported}.".startswith(f"{package}.")
