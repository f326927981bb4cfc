package dev.warmpath.extproc.explain;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Role;
import dev.warmpath.extproc.prompt.SegmentKind;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.volatility.Arrival;
import dev.warmpath.extproc.volatility.DetectorSettings;
import dev.warmpath.extproc.volatility.Difference;
import dev.warmpath.extproc.volatility.Finding;
import dev.warmpath.extproc.volatility.PromptComparison;
import dev.warmpath.extproc.volatility.Site;
import dev.warmpath.extproc.volatility.VolatileKind;
import dev.warmpath.extproc.volatility.VolatilityDetector;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code warmpath explain}: where requests part and why, and what of them would be cached. Prints
 * places and kinds; text only if asked to.
 */
@Command(
    name = "warmpath explain",
    sortOptions = false,
    description = {
      "Tells why prefixes of requests do not repeat.",
      "With two files, each one request body: where the second parts from the first.",
      "With a log, one request body a line: what makes its prompts part again and again.",
      "All tokens and costs are estimates."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:explained", "1:a file or line that can't be read", "2:wrong usage"})
public final class Explain implements Callable<Integer> {

  /** Bodies of a log that are kept to show text of. */
  private static final int MAX_SHOWN_BODIES = 64;

  /** Bytes of text shown before and behind a place. */
  private static final int AROUND = 24;

  private static final int MAX_SHOWN_BYTES = 80;

  /** The smallest block that an engine caches: vLLM's, by default. */
  private static final int MIN_TOKENS_AGAIN = 16;

  /** Bounds of what may be given; wide, but what lies beyond would only be a slip. */
  private static final double MIN_BYTES_PER_TOKEN = 0.1;

  private static final double MAX_BYTES_PER_TOKEN = 1000;
  private static final double MAX_REQUESTS_PER_HOUR = 1e12;
  private static final double MAX_USD_PER_MILLION = 1e6;

  private static final String QUESTION = "question";

  @Parameters(
      paramLabel = "FILE",
      arity = "1..2",
      description = "A log (- for standard input), or two request bodies.")
  private List<String> files = List.of();

  @Option(
      names = "--api",
      paramLabel = "API",
      description = "The API of the bodies: ${COMPLETION-CANDIDATES}. Without it: told by each.")
  private @Nullable Dialect api;

  @Option(
      names = "--path",
      defaultValue = "",
      paramLabel = "PATH",
      description = "The path that they were sent to, which tells API and perhaps model.")
  private String path = "";

  @Option(
      names = "--provider",
      defaultValue = "",
      paramLabel = "NAME",
      description =
          "Only rows of the catalogue whose provider begins so, as anthropic; of a model that none"
              + " of them names, what it would be.")
  private String provider = "";

  @Option(
      names = "--model",
      defaultValue = "",
      paramLabel = "NAME",
      description = "The model, in place of the one that the bodies name.")
  private String model = "";

  @Option(
      names = "--price",
      paramLabel = "USD",
      description =
          "What a million tokens of input cost more when they are not read from a cache, in place"
              + " of what the catalogue says.")
  private @Nullable Double price;

  @Option(
      names = "--requests-per-hour",
      paramLabel = "N",
      description = "Of the log's kind; with it, losses are told by the hour.")
  private @Nullable Double requestsPerHour;

  @Option(
      names = "--bytes-per-token",
      defaultValue = "4",
      paramLabel = "N",
      description = "Bytes of prompt text that make a token (default: ${DEFAULT-VALUE}).")
  private double bytesPerToken = 4;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean isJson;

  @Option(names = "--show-text", description = "Prints the text at each place, too.")
  private boolean isTextShown;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Prints this.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean isHelpWanted;

  @Spec private CommandSpec spec;

  private boolean isFaulty;

  private Explain() {
    spec = CommandSpec.create();
  }

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** Says where it failed, and not of what: an exception may quote what it stumbled over. */
  private static int failed(Exception e, CommandLine command, CommandLine.ParseResult given) {
    StackTraceElement[] frames = e.getStackTrace();
    command
        .getErr()
        .printf(
            "explain: a fault of its own: %s at %s%n",
            e.getClass().getName(), frames.length == 0 ? "?" : frames[0]);
    return 1;
  }

  /** For tests: writes where the caller sets it. */
  static CommandLine commandLine() {
    CommandLine command =
        new CommandLine(new Explain())
            .setExecutionExceptionHandler(Explain::failed)
            .setCaseInsensitiveEnumValuesAllowed(true);
    // What can't be read is told together with what is beyond its bounds.
    command.getCommandSpec().parser().collectErrors(true);
    return command;
  }

  /** Throws what is wrong with the arguments, all of it at once. */
  private void checkUsage(Catalogue catalogue) {
    List<String> faults = new ArrayList<>();
    spec.commandLine().getParseResult().errors().forEach(e -> faults.add(e.getMessage()));
    check("--bytes-per-token", bytesPerToken, MIN_BYTES_PER_TOKEN, MAX_BYTES_PER_TOKEN, faults);
    check("--requests-per-hour", requestsPerHour, 0, MAX_REQUESTS_PER_HOUR, faults);
    check("--price", price, 0, MAX_USD_PER_MILLION, faults);
    if (!Caching.knows(catalogue, provider)) {
      faults.add(
          "--provider: %s (expected: one of %s, or how some of them begin)"
              .formatted(provider, String.join(", ", Caching.providers(catalogue))));
    }
    if (files.size() == 2 && files.contains("-")) {
      faults.add("-: beside another file (expected: a log alone)");
    }
    if (!faults.isEmpty()) {
      throw new CommandLine.ParameterException(spec.commandLine(), String.join("\n", faults));
    }
  }

  private static void check(
      String option, @Nullable Double value, double least, double most, List<String> faults) {
    // Not a number is beyond any bounds.
    if (value != null && !(value >= least && value <= most)) {
      faults.add(
          "%s: %s (expected: %s to %s)".formatted(option, value, number(least), number(most)));
    }
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  @Override
  public Integer call() {
    Catalogue catalogue = CatalogueFile.load(List.of());
    checkUsage(catalogue);
    Caching caching = new Caching(catalogue, provider, bytesPerToken);
    Bodies bodies = new Bodies(api, path, model);
    try {
      if (files.size() == 2) {
        pair(bodies, caching);
      } else {
        log(bodies, caching);
      }
    } catch (NoSuchFileException e) {
      fault("%s: no such file".formatted(e.getFile()));
    } catch (IOException e) {
      fault("%s: %s".formatted(String.join(", ", files), e.getMessage()));
    }
    spec.commandLine().getOut().flush();
    spec.commandLine().getErr().flush();
    return isFaulty ? 1 : 0;
  }

  private void fault(String text) {
    spec.commandLine().getErr().println(text);
    isFaulty = true;
  }

  private void print(Map<String, Object> json, String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(isJson ? Json.of(json) : text);
  }

  private void pair(Bodies bodies, Caching caching) throws IOException {
    Prompt earlier = new Prompt();
    Prompt later = new Prompt();
    boolean earlierIsRead = scan(bodies, files.get(0), earlier);
    if (!scan(bodies, files.get(1), later) || !earlierIsRead) {
      return;
    }
    if (earlier.dialect() != later.dialect()) {
      fault(
          "%s is of %s, %s of %s (expected: two requests of one API)"
              .formatted(
                  files.get(0), earlier.dialect().label(), files.get(1), later.dialect().label()));
      return;
    }
    SharedPrefix shared = SharedPrefix.of(earlier, later);
    List<Difference> differences =
        new PromptComparison(DetectorSettings.OF_A_LOG.maxWords()).compare(earlier, later);
    String ofModel = bodies.model(later);
    Caching.Explained cached = caching.explain(later, ofModel, shared.textBytes());
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("api", later.dialect().label());
    json.put("model", ofModel);
    json.put("parts_at", shared.where());
    json.put("shared_bytes", shared.textBytes());
    json.put("shared_tokens_estimated", (long) (shared.textBytes() / bytesPerToken));
    StringBuilder text = new StringBuilder();
    text.append(
        shared.where().equals("end")
            ? "The prompts are the same"
            : "The prompts part at " + shared.where());
    text.append(
        ": %d bytes are shared, about %d tokens by estimate.%n"
            .formatted(shared.textBytes(), (long) (shared.textBytes() / bytesPerToken)));
    if (isTextShown && shared.segment() >= 0) {
      String shown = shown(later, shared.segment(), shared.offset(), 1);
      json.put("text", shown);
      text.append("  text: ").append(shown).append('\n');
    }
    List<Map<String, Object>> list = new ArrayList<>();
    for (Difference difference : differences) {
      long again = (long) (difference.bytesAgain() / bytesPerToken);
      Map<String, Object> map = place(difference.site(), difference.segment(), difference.index());
      boolean isQuestion = isQuestion(difference, later, again);
      String kind = isQuestion ? QUESTION : difference.kind().label();
      map.put("kind", kind);
      map.put("parameter", difference.parameter());
      map.put("offset", difference.offset());
      map.put("length", difference.length());
      map.put("tokens_again_estimated", again);
      map.put("remedy", isQuestion ? Optional.empty() : difference.kind().remedy());
      text.append(
          isQuestion
              ? "%s at %s. The users' own text, as it has to be.%n"
                  .formatted(kind, difference.place())
              : "%s at %s, about %d tokens behind it are the same again.%n  %s%n"
                  .formatted(kind, difference.place(), again, difference.kind().remedy()));
      if (isTextShown && difference.site() != Site.PARAMETER) {
        String shown = shown(later, difference.segment(), difference.offset(), difference.length());
        map.put("text", shown);
        text.append("  text: ").append(shown).append('\n');
      }
      list.add(map);
    }
    json.put("differences", list);
    Caching.put(cached, json);
    text.append(caching.text(cached, ""));
    print(json, text.toString());
  }

  /**
   * Whether a difference is in what users ask, whatever its text looks like: nothing behind it
   * would be read from a cache if it were gone.
   */
  private static boolean isQuestion(Difference difference, Prompt later, long tokensAgain) {
    return difference.site() == Site.MESSAGE
        && difference.kind() != VolatileKind.RETRIEVAL_ORDER
        && difference.segment() < later.segments()
        && later.role(difference.segment()) == Role.USER
        && tokensAgain < MIN_TOKENS_AGAIN;
  }

  private boolean scan(Bodies bodies, String file, Prompt into) throws IOException {
    Path path = Path.of(file);
    if (Files.size(path) > Bodies.MAX_BODY_BYTES) {
      fault(
          "%s: %d bytes (expected: at most %d)"
              .formatted(file, Files.size(path), Bodies.MAX_BODY_BYTES));
      return false;
    }
    String fault = bodies.scan(Files.readAllBytes(path), into);
    if (fault != null) {
      fault(file + ": " + fault);
    }
    return fault == null;
  }

  private void log(Bodies bodies, Caching caching) throws IOException {
    String file = files.getFirst();
    VolatilityDetector detector =
        new VolatilityDetector(DetectorSettings.OF_A_LOG, new SecureRandom().nextLong());
    Prompt prompt = new Prompt();
    LossPrices prices = new LossPrices(DetectorSettings.OF_A_LOG.maxScopes());
    Deque<byte[]> shown = new ArrayDeque<>();
    byte[] last = null;
    long requests = 0;
    long line = 0;
    LineFaults faults = new LineFaults();
    long batchLines = 0;
    String memberOfBatch = "";
    try (Lines lines = new Lines(open(file), Bodies.MAX_BODY_BYTES)) {
      for (byte[] body = lines.next(); body != null; body = lines.next()) {
        line++;
        if (isBlank(body)) {
          continue;
        }
        String fault =
            lines.wasTooLong()
                ? "too_large (expected: at most " + Bodies.MAX_BODY_BYTES + " bytes)"
                : bodies.scan(body, prompt);
        if (fault != null) {
          if (faults.add(fault)) {
            fault("%s:%d: %s".formatted(file, line, fault));
          }
          String member = bodies.memberOfBatch(body);
          if (member != null) {
            memberOfBatch = member;
            batchLines++;
          }
          continue;
        }
        requests++;
        String ofModel = bodies.model(prompt);
        double usd = price == null ? caching.usdPerMillionLost(prompt, ofModel) : price;
        String spoken = prompt.dialect().label();
        prices.add(spoken, ofModel, usd);
        // One log is one scope; its findings bear the route, which tells the API.
        detector.observe(new Arrival(spoken, "", ofModel, bytesPerToken, usd, 1), prompt, 0);
        last = body;
        if (isTextShown) {
          shown.addLast(body);
          if (shown.size() > MAX_SHOWN_BODIES) {
            shown.removeFirst();
          }
        }
      }
    }
    faults.summary().forEach(text -> fault(file + ": " + text));
    if (batchLines > 0) {
      fault(
          ("%s: lines of a batch: %d; their requests are in the member %s (expected: these alone,"
                  + " as by jq -c .%s %s | bin/warmpath explain -)")
              .formatted(
                  file, batchLines, memberOfBatch, memberOfBatch, file.equals("-") ? "LOG" : file));
    }
    if (last == null || bodies.scan(last, prompt) != null) {
      fault(file + ": no request (expected: one request body a line)");
      return;
    }
    report(file, new Found(requests, detector.findings(), prices), bodies, prompt, caching, shown);
  }

  /** What a log holds. */
  private record Found(long requests, List<Finding> findings, LossPrices prices) {}

  private void report(
      String file, Found found, Bodies bodies, Prompt last, Caching caching, Deque<byte[]> shown) {
    String ofModel = bodies.model(last);
    Caching.Explained cached = caching.explain(last, ofModel, -1);
    long requests = found.requests();
    List<Finding> findings = found.findings();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("requests", requests);
    json.put("api", last.dialect().label());
    List<Map<String, Object>> list = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    text.append(
        "%s: %d request%s, %s%n"
            .formatted(
                file,
                requests,
                requests == 1 ? "" : "s",
                findings.isEmpty()
                    ? "no place where prompts part that ought to repeat."
                    : findings.size() == 1 ? "one finding." : findings.size() + " findings."));
    Prompt scratch = new Prompt();
    for (Finding finding : findings) {
      OptionalDouble perHour =
          perHour(finding.tokensLostPerRequest() * finding.requests() / requests);
      double usdPerMillion = found.prices().usdPerMillion(finding);
      OptionalDouble usd =
          perHour.isEmpty() || Double.isNaN(usdPerMillion)
              ? OptionalDouble.empty()
              : OptionalDouble.of(perHour.getAsDouble() * usdPerMillion / 1e6);
      Map<String, Object> map = place(finding.site(), finding.segment(), finding.index());
      map.put("name", finding.name());
      map.put("kind", finding.kind().label());
      map.put("parameter", finding.parameter());
      map.put("offset", finding.offset());
      map.put("length", finding.length());
      map.put("model", finding.model());
      map.put("requests", finding.requests());
      map.put("share_of_requests", finding.share());
      map.put("tokens_lost_per_request_estimated", finding.tokensLostPerRequest());
      map.put("tokens_lost_per_hour_estimated", perHour);
      map.put("usd_lost_per_hour_estimated", usd);
      map.put("remedy", finding.remedy());
      text.append(
          String.format(
              Locale.ROOT,
              "%s: %.0f %% of %d comparisons of its application%s, about %.0f tokens lost a"
                  + " request%s%s (estimates).%n  %s%n",
              finding.name(),
              100 * finding.share(),
              finding.requests(),
              finding.model().isEmpty() ? "" : " (" + finding.model() + ")",
              finding.tokensLostPerRequest(),
              perHour.isPresent()
                  ? String.format(Locale.ROOT, ", %.0f an hour", perHour.getAsDouble())
                  : "",
              usd.isPresent()
                  ? String.format(Locale.ROOT, ", $%.4f an hour", usd.getAsDouble())
                  : ", cost by the hour unknown",
              finding.remedy()));
      if (isTextShown) {
        List<String> texts = texts(finding, bodies, scratch, shown);
        map.put("text", texts);
        texts.forEach(each -> text.append("  text: ").append(each).append('\n'));
      }
      list.add(map);
    }
    json.put("findings", list);
    Caching.put(cached, json);
    text.append(caching.text(cached, " of the last request"));
    print(json, text.toString());
  }

  private OptionalDouble perHour(double perRequest) {
    return requestsPerHour == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(perRequest * requestsPerHour);
  }

  private static Map<String, Object> place(Site site, int segment, int index) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("site", site.label());
    map.put("segment", segment);
    map.put("index", index);
    return map;
  }

  /**
   * What two of the last requests say at a place; requests of other applications are in it, too.
   */
  private List<String> texts(Finding finding, Bodies bodies, Prompt scratch, Deque<byte[]> shown) {
    List<String> texts = new ArrayList<>();
    for (byte[] body : shown) {
      if (texts.size() == 2 || finding.site() == Site.PARAMETER) {
        break;
      }
      if (bodies.scan(body, scratch) == null
          && finding.segment() < scratch.segments()
          && kind(finding.site()) == scratch.kind(finding.segment())) {
        String text = shown(scratch, finding.segment(), finding.offset(), finding.length());
        if (!texts.contains(text)) {
          texts.add(text);
        }
      }
    }
    return texts;
  }

  private static SegmentKind kind(Site site) {
    return switch (site) {
      case TOOL -> SegmentKind.TOOL;
      case SYSTEM -> SegmentKind.SYSTEM;
      case MESSAGE, PARAMETER -> SegmentKind.MESSAGE;
    };
  }

  /** The text at a place, on one line; what is no text is shown as a dot. */
  private static String shown(Prompt prompt, int segment, int offset, int length) {
    int start = prompt.textStart(segment);
    int at = Math.min(start + offset, prompt.textEnd(segment));
    int from = Math.max(start, at - AROUND);
    int to = Math.min(prompt.textEnd(segment), at + Math.min(length, MAX_SHOWN_BYTES) + AROUND);
    StringBuilder text = new StringBuilder(new String(prompt.text(), from, to - from, UTF_8));
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) == '\uFFFD') {
        text.setCharAt(i, '·');
      }
    }
    return text.toString();
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private static InputStream open(String file) throws IOException {
    return file.equals("-") ? System.in : Files.newInputStream(Path.of(file));
  }
}
