package dev.warmpath.extproc;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.Section;
import dev.warmpath.config.v1.Config;
import dev.warmpath.extproc.server.CatalogueWatch;
import dev.warmpath.extproc.server.ExtProcServer;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code warmpath ext-proc}: runs the ext_proc service until it is told to stop. */
@Command(
    name = "warmpath ext-proc",
    description = "Runs the ext_proc service.",
    mixinStandardHelpOptions = true)
public final class ExtProcMain implements Callable<Integer> {

  private static final int CONFIG_FAULT = 2;

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The configuration.")
  private Path configFile = Path.of("warmpath.yaml");

  private ExtProcMain() {}

  /** Exits with 0 after a stop, 2 when the configuration is wrong, 1 after a fault of ours. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new ExtProcMain()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Config config;
    CatalogueWatch models;
    try {
      config = ConfigFile.read(configFile, Section.EXT_PROC);
      models = models(config);
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return CONFIG_FAULT;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    ExtProcServer server = ExtProcServer.start(config, models);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("warmpath-stop")
                .unstarted(
                    () -> {
                      server.close();
                      stopped.countDown();
                    }));
    stopped.await();
    return 0;
  }

  private static CatalogueWatch models(Config config) throws ConfigException {
    String name = config.getExtProc().getCatalogueFile();
    Path file = name.isEmpty() ? null : Path.of(name);
    return CatalogueWatch.open(
        file,
        () -> CatalogueFile.read(config.getModelsList(), file),
        () -> LocalDate.now(ZoneOffset.UTC));
  }
}
