// The verbs of the command line: each adds its subcommand and what it runs.
// One verb, one file. A verb reads flags, calls src/run and prints; the
// work is not here.
#ifndef EDGE_INT8_APPS_CLI_VERBS_H_
#define EDGE_INT8_APPS_CLI_VERBS_H_

#include <CLI/CLI.hpp>
#include <string>

namespace edge_int8 {

void AddDescribe(CLI::App& app);
void AddDataset(CLI::App& app);
void AddImport(CLI::App& dataset);  // below the verb `dataset`
void AddPredict(CLI::App& app);
void AddEvaluate(CLI::App& app);
void AddTrain(CLI::App& app);
void AddQuantize(CLI::App& app);
void AddExplain(CLI::App& app);
// As for bench below.
void AddSearch(CLI::App& app, std::string command);
void AddLatency(CLI::App& app);
void AddLive(CLI::App& app);
void AddServe(CLI::App& app);
void AddVerify(CLI::App& app);
void AddExport(CLI::App& app);
void AddReport(CLI::App& app);
// `command` is the command line as typed, for results.json.
void AddBench(CLI::App& app, std::string command);
// help, version, completion and man. Last: they read what the others added.
void AddSelfDescription(CLI::App& app);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_VERBS_H_
