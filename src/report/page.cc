#include "src/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "src/base/error.h"
#include "src/base/utf8.h"
#include "src/report/chart.h"
#include "src/report/page_files.h"
#include "src/report/page_parts.h"
#include "src/report/page_shell.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

struct SectionOf {
  std::string_view id;
  std::string_view link;  // in the navigation
  std::string_view title;
  std::vector<std::string_view> kinds;
};
const std::vector<SectionOf>& ChartSections() {
  static const std::vector<SectionOf> sections = {
      {"differences", "Differences", "What each model changes", {"intervals"}},
      {"ladder", "Steps", "Loss by step", {"ladder"}},
      {"joints", "Joints", "Loss by joint", {"joints"}},
      {"tensors", "Tensors", "Loss by tensor", {}},
      {"network", "Network", "What runs", {"network"}},
      {"errors",
       "Errors",
       "How the errors are spread",
       {"errors", "curves", "difference"}},
      {"size", "Size", "Bytes against accuracy", {"size", "front"}},
      {"latency", "Latency", "Time per window", {"latency"}}};
  return sections;
}

class PageBuilder {
 public:
  PageBuilder(const std::vector<RunReport>& runs, const PageOptions& options)
      : runs_(runs), options_(options), palette_(runs) {
    for (const RunReport& run : runs) {
      charts_.push_back(ChartsOf(run, palette_));
    }
    AddBody();
  }

  // With the first `chunks` of every player.
  std::string Render(std::size_t chunks) const {
    json data = {{"charts", data_}, {"players", json::array()}};
    for (const RunReport& run : runs_) {
      if (run.player.is_null()) continue;
      data["players"].push_back(
          {{"run", ShortenMiddle(VisibleText(run.name), 60)},
           {"player", PlayerData(run.player, palette_, chunks)}});
    }
    const PageScripts scripts = AllScripts(options_.scripts);
    const std::string json_text =
        options_.scripts ? ScriptSafeJson(data.dump(
                               -1, ' ', false, json::error_handler_t::replace))
                         : "{}";
    return FillTemplate(PageFiles().at("page.html"),
                        {{"policy", EscapeText(scripts.policy)},
                         {"title", EscapeText(Title())},
                         {"program", EscapeText(options_.program)},
                         {"style", AllStyles()},
                         {"nav", nav_},
                         {"body", body_},
                         {"data", json_text},
                         {"scripts", scripts.elements}});
  }

 private:
  std::string Title() const {
    std::string title = "edge-int8";
    for (const RunReport& run : runs_) {
      title += " · " + ShortenMiddle(VisibleText(run.name), 40);
      if (title.size() > 120) break;
    }
    return title;
  }

  void AddNav(std::string_view id, std::string_view title) {
    Markup link;
    link.Element("a", {{"href", fmt::format("#{}", id)}}, title);
    nav_ += link.Take();
  }

  // A section with one article per run that has something to show; nothing
  // when none has.
  template <class Add>
  void AddSection(std::string_view id, std::string_view link,
                  std::string_view title, Add add) {
    std::string articles;
    std::size_t count = 0;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      Markup inside;
      add(i, inside);
      const std::string content = inside.Take();
      if (content.empty()) continue;
      Markup article;
      article.Open("article", {{"class", "run"}});
      if (runs_.size() > 1) {
        article.Open("h3").Element(
            "bdi", {}, ShortenMiddle(VisibleText(runs_[i].name), 80));
        article.Close();
      }
      article.Append(content).Close();
      articles += article.Take();
      ++count;
    }
    if (count == 0) return;
    Markup section;
    section.Open("section", {{"id", std::string(id)}});
    section.Element("h2", {}, title);
    section.Open("div", {{"class", count > 1 ? "runs several" : "runs"}});
    section.Append(articles).Close().Close();
    body_ += section.Take();
    AddNav(id, link);
  }

  void AddFigure(const Chart& chart, Markup& page) {
    const std::string id = fmt::format("chart-{}", data_.size());
    data_.push_back({{"id", id}, {"kind", chart.kind}, {"data", chart.data}});
    page.Open("figure", {{"class", "chart " + chart.kind}, {"id", id}});
    page.Element("h4", {}, chart.title);
    page.Open("div", {{"class", "controls"}}).Close();
    page.Open("div", {{"class", "plot"}});
    for (const Picture& picture : chart.pictures) {
      page.Open("div", {{"class", "picture"},
                        {"data-file", chart.kind + picture.suffix}});
      if (!picture.name.empty()) {
        page.Open("p", {{"class", "picture-name"}});
        page.Element("bdi", {}, ShortenMiddle(VisibleText(picture.name), 60));
        page.Close();
      }
      const bool both = picture.narrow.empty();
      page.Open("div", {{"class", both ? "" : "wide"}});
      page.Append(picture.wide).Close();
      if (!both) {
        page.Open("div", {{"class", "narrow"}}).Append(picture.narrow).Close();
      }
      page.Close();
    }
    page.Close();
    page.Element("figcaption", {}, chart.note).Close();
  }

  void AddCharts(const SectionOf& section) {
    AddSection(section.id, section.link, section.title,
               [&](std::size_t i, Markup& page) {
                 for (const Chart& chart : charts_[i]) {
                   if (std::ranges::count(section.kinds, chart.kind) > 0) {
                     AddFigure(chart, page);
                   }
                 }
                 AddTables(section.id, runs_[i], page);
               });
  }

  // Below the section's charts.
  static void AddTables(std::string_view section, const RunReport& run,
                        Markup& page) {
    if (section == "joints" && run.errors) AddJointTables(*run.errors, page);
    if (section == "size" && run.search) AddSearchChoice(*run.search, page);
    if (section == "latency") AddNodes(run.latency, page);
    if (section == "tensors" && run.explain && !run.explain->tensors.empty()) {
      page.Open("figure", {{"class", "tensors"}});
      page.Element("h4", {}, "Change of PCK by tensor");
      AddTensors(*run.explain, page);
      page.Element("figcaption", {}, TensorsCaption(*run.explain)).Close();
    }
  }

  void AddPlayer() {
    if (!options_.scripts ||
        std::ranges::all_of(
            runs_, [](const RunReport& run) { return run.player.is_null(); })) {
      return;
    }
    body_ += PageFiles().at("player.html");
    AddNav("player", "Player");
  }

  void AddManifests() {
    AddSection(
        "manifest", "Manifest", "Manifest",
        [&](std::size_t i, Markup& page) { AddManifest(runs_[i], page); });
    Markup page;
    page.Open("section", {{"id", "again"}});
    page.Element("h2", {}, "Make this page again");
    page.Open("table", {{"class", "manifest"}}).Open("tbody");
    AddCopyable("this page", options_.command, page);
    for (const RunReport& run : runs_) {
      if (!run.bench || run.bench->command.empty()) continue;
      AddCopyable("the run " + ShortenMiddle(VisibleText(run.name), 60),
                  run.bench->command, page);
    }
    page.Close().Close();
    page.Close();
    body_ += page.Take();
  }

  void AddOverviews() {
    std::size_t count = 0;
    Markup articles;
    for (const RunReport& run : runs_) {
      AddOverview(run, articles);
      count += run.bench ? 1 : 0;
    }
    const std::string text = articles.Take();
    if (count == 0) return;
    Markup page;
    page.Open("section", {{"id", "overview"}});
    page.Open("div", {{"class", count > 1 ? "runs several" : "runs"}});
    page.Append(text).Close().Close();
    AddNav("overview", "Overview");
    AddComparison(runs_, palette_, page);
    body_ += page.Take();
  }

  void AddBody() {
    AddOverviews();
    AddSection("verdict", "Scores", "Scores", [&](std::size_t i, Markup& page) {
      AddScores(runs_[i], palette_, page);
    });
    for (const SectionOf& section : ChartSections()) {
      AddCharts(section);
      if (section.id != "differences") continue;
      AddPlayer();
      AddSection("confusion", "Confusion", "What is taken for what",
                 [&](std::size_t i, Markup& page) {
                   if (runs_[i].errors) AddConfusions(*runs_[i].errors, page);
                 });
    }
    AddManifests();
  }

  const std::vector<RunReport>& runs_;
  const PageOptions& options_;
  Palette palette_;
  std::vector<std::vector<Chart>> charts_;
  json data_ = json::array();
  std::string nav_;
  std::string body_;
};

}  // namespace

std::string RenderPage(const std::vector<RunReport>& runs,
                       const PageOptions& options) {
  Check(!runs.empty(), "a page needs a run");
  const PageBuilder builder(runs, options);
  std::size_t chunks = 0;
  for (const RunReport& run : runs) {
    chunks = std::max(chunks, PlayerChunks(run.player));
  }
  std::string page = builder.Render(chunks);
  while (page.size() > kMostPageBytes && chunks > 0) {
    page = builder.Render(--chunks);
  }
  return page;
}

}  // namespace edge_int8
