package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.ExtProcAddress.HostPort;
import dev.warmpath.envoyconfig.ExtProcAddress.UnixSocket;
import dev.warmpath.envoyconfig.PatchOptions.Extra;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code warmpath envoy-patch}. */
@Command(
    name = "warmpath envoy-patch",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Adds Warmpath to a hand-written Envoy bootstrap, or takes it out again.",
      "",
      "Without --write or -o it changes nothing and prints the difference. Comments, order, quotes"
          + " and indentation of the file stay; everything that comes in stands between comments"
          + " '# warmpath:begin' and '# warmpath:end', and --remove restores the file byte for"
          + " byte, so no backup is kept. A second run changes nothing, or brings what an earlier"
          + " version put in up to date.",
      "",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done, or the difference was printed",
      "1:the file can't be patched; every reason is on standard error",
      "2:wrong usage"
    })
public final class EnvoyPatch implements Callable<Integer> {
  private static final int MAX_FILE_BYTES = 8 << 20;
  private static final Pattern SIZE = Pattern.compile("(\\d{1,10})\\s*(|B|KiB|MiB)");
  private static final Pattern HEADER = Pattern.compile("[a-z0-9-]{1,64}");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "The bootstrap, YAML, API v3.")
  private Path file = Path.of("");

  @Option(
      names = "--ext-proc",
      paramLabel = "ADDRESS",
      description =
          "Where the ext-proc service listens: ip:port, host:port or unix:/path; once for each"
              + " replica. Beyond loopback it needs --ext-proc-ca. Default: 127.0.0.1:9300.")
  private List<String> extProc = new ArrayList<>();

  @Option(
      names = "--ext-proc-ca",
      paramLabel = "FILE",
      description = "On Envoy's machine: the authority that signed the service's certificate.")
  private @Nullable String ca;

  @Option(
      names = "--ext-proc-name",
      paramLabel = "NAME",
      description = "DNS name in the service's certificate. Default: the host of --ext-proc.")
  private @Nullable String subject;

  @Option(
      names = "--ext-proc-cert",
      paramLabel = "FILE",
      description = "On Envoy's machine: the certificate that it presents to the service.")
  private @Nullable String certificate;

  @Option(
      names = "--ext-proc-key",
      paramLabel = "FILE",
      description = "The key of that certificate.")
  private @Nullable String key;

  @Option(
      names = "--route-limit",
      paramLabel = "SIZE",
      defaultValue = "4MiB",
      description =
          "A longer body passes by unread; a smaller limit of a route counts first. At most what"
              + " the service accepts (ext_proc.max_body_bytes). Default: ${DEFAULT-VALUE}.")
  private String routeLimit = "";

  @Option(
      names = "--paths",
      paramLabel = "REGEX",
      defaultValue = PatchOptions.DEFAULT_PATHS,
      description =
          "POST requests to these paths are read; RE2, over the path with its query. Default:"
              + " ${DEFAULT-VALUE}")
  private String paths = "";

  @Option(
      names = "--listener",
      paramLabel = "NAME",
      description = "Only this listener; repeatable. Default: all.")
  private Set<String> listeners = Set.of();

  @Option(
      names = "--cluster",
      paramLabel = "NAME",
      description = "Only routes to this cluster; repeatable. Default: all.")
  private Set<String> clusters = Set.of();

  @Option(
      names = "--override-host",
      paramLabel = "CLUSTER",
      description =
          "Let the service pick the endpoints of this static or EDS cluster, with maglev where it"
              + " doesn't; repeatable. Implies --hash for its routes.")
  private Set<String> overrideHost = Set.of();

  @Option(
      names = "--hash",
      description = "Give the routes hash policies on the service's keys, before their own.")
  private boolean hash;

  @Option(
      names = "--access-log",
      description = "Send the access log to the service: times and retries of each exchange.")
  private boolean accessLog;

  @Option(
      names = "--stream-usage",
      description =
          "Send responses through the service, too, as routes with stream_usage: active need it; it"
              + " takes a chunk out of streams that it asked for.")
  private boolean streamUsage;

  @Option(
      names = "--strip-header",
      paramLabel = "NAME",
      description =
          "Take this header, too, from what clients send: one that authentication sets and that"
              + " names the tenant; repeatable.")
  private List<String> stripHeaders = new ArrayList<>();

  @Option(
      names = "--forward-header",
      paramLabel = "NAME",
      description =
          "Show this credential to the service, which needs it where tenants are told by API key;"
              + " repeatable. Default: it sees no credentials.")
  private Set<String> forwardHeaders = Set.of();

  @Option(names = "--remove", description = "Take Warmpath out again.")
  private boolean remove;

  @Option(names = "--write", description = "Change the file, at once or not at all.")
  private boolean write;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the result there instead.")
  private @Nullable Path output;

  private EnvoyPatch() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    System.exit(
        run(
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            args));
  }

  /** Runs the command; returns its exit code. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    return new CommandLine(new EnvoyPatch()).setOut(out).setErr(err).execute(args);
  }

  @Override
  public Integer call() throws IOException {
    if (write && output != null) {
      throw usage("--write and -o exclude each other");
    }
    PatchOptions options = options();
    PrintWriter err = spec.commandLine().getErr();
    try {
      SourceText before = SourceText.of(read());
      Patch.Result result =
          remove ? new Patch.Result(Patch.remove(before), List.of()) : Patch.apply(before, options);
      result.notes().forEach(note -> err.println("note: " + file + ": " + note));
      deliver(before, result.text());
      return 0;
    } catch (PatchException e) {
      e.faults().forEach(fault -> err.println(fault.in(file.toString())));
      return 1;
    } catch (CharacterCodingException e) {
      err.println(new Fault(0, "", "not UTF-8", "UTF-8").in(file.toString()));
      return 1;
    } finally {
      err.flush();
    }
  }

  private String read() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw usage(file + ": no such file");
    }
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw usage(
          file + ": " + Files.size(file) + " bytes (expected: at most " + MAX_FILE_BYTES + ")");
    }
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
        .toString();
  }

  private void deliver(SourceText before, SourceText after) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (output != null) {
      replace(output, after.toString());
    } else if (!write) {
      out.print(UnifiedDiff.of(before, after, file.toString(), file.toString()));
    } else if (before.equals(after)) {
      out.println(file + ": nothing to change");
    } else {
      replace(file.toRealPath(), after.toString());
      out.println(file + (remove ? ": Warmpath removed" : ": Warmpath added"));
    }
    out.flush();
  }

  /** Whoever reads the file meanwhile sees the old or the new, never a part. */
  private static void replace(Path target, String text) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    String name = "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".new";
    Path next = folder == null ? Path.of(name) : folder.resolve(name);
    try (FileChannel channel =
        FileChannel.open(next, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      if (Files.exists(target)) {
        PosixFileAttributeView old =
            Files.getFileAttributeView(target, PosixFileAttributeView.class);
        if (old != null) {
          Files.setPosixFilePermissions(next, old.readAttributes().permissions());
        }
      }
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
      Files.move(next, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private PatchOptions options() {
    List<ExtProcAddress> addresses = new ArrayList<>();
    for (String text : extProc.isEmpty() ? List.of("127.0.0.1:9300") : extProc) {
      ExtProcAddress address = ExtProcAddress.parse(text);
      if (address == null) {
        throw usage("--ext-proc: " + text + " (expected: ip:port, host:port or unix:/path)");
      }
      addresses.add(address);
    }
    boolean hasNames = addresses.stream().anyMatch(a -> a instanceof HostPort h && !h.isIp());
    if (hasNames && addresses.stream().anyMatch(UnixSocket.class::isInstance)) {
      throw usage("--ext-proc: names and Unix sockets together (expected: one kind)");
    }
    if (ca == null && !addresses.stream().allMatch(ExtProcAddress::isLocal)) {
      throw usage("--ext-proc: beyond loopback (expected: --ext-proc-ca, prompts cross this hop)");
    }
    if ((certificate == null) != (key == null)) {
      throw usage("--ext-proc-cert and --ext-proc-key (expected: both or none)");
    }
    for (String header : stripHeaders) {
      if (!HEADER.matcher(header).matches()) {
        throw usage("--strip-header: " + header + " (expected: a header name in lower case)");
      }
    }
    Set<Extra> extras = EnumSet.noneOf(Extra.class);
    if (hash) {
      extras.add(Extra.HASH);
    }
    if (accessLog) {
      extras.add(Extra.ACCESS_LOG);
    }
    if (streamUsage) {
      extras.add(Extra.STREAM_USAGE);
    }
    return new PatchOptions(
        addresses,
        tls(addresses),
        bytes(routeLimit),
        paths,
        listeners,
        clusters,
        overrideHost,
        stripHeaders,
        forwardHeaders,
        extras);
  }

  private PatchOptions.@Nullable Tls tls(List<ExtProcAddress> addresses) {
    if (ca == null) {
      return null;
    }
    String name = subject;
    if (name == null && addresses.getFirst() instanceof HostPort host) {
      name = host.host();
    }
    if (name == null) {
      throw usage("--ext-proc-ca with a Unix socket (expected: --ext-proc-name, too)");
    }
    return new PatchOptions.Tls(ca, certificate, key, name);
  }

  private long bytes(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      throw usage("--route-limit: " + text + " (expected: bytes, as 4194304, 64KiB or 4MiB)");
    }
    long unit =
        switch (matcher.group(2)) {
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          default -> 1L;
        };
    long bytes = Long.parseLong(matcher.group(1)) * unit;
    // The bounds of envoy.max_body_bytes in the service's own configuration.
    if (bytes < 1024 || bytes > 128L << 20) {
      throw usage("--route-limit: " + text + " (expected: 1KiB to 128MiB)");
    }
    return bytes;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
