; Wherever it stands; the check keeps those in the module's own scope.
(global_statement) @report
