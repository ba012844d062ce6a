; One match a statement: the check asks what each of its names is for.
(global_statement) @report
