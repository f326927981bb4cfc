package dev.warmpath.controlplane;

import dev.warmpath.config.Fault;
import dev.warmpath.controlplane.source.FileSource;
import dev.warmpath.controlplane.source.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code warmpath control-plane}: serves Envoy its configuration and binds the ext_proc replicas
 * together. Ends on SIGTERM or SIGINT. A change of the file is taken up within a second or two.
 */
@Command(
    name = "control-plane",
    mixinStandardHelpOptions = true,
    description = "Serves Envoy its configuration over ADS, and moves it by what it measures.")
public final class ControlPlaneMain implements Callable<Integer> {

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The configuration.")
  private Path config = Path.of("");

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new ControlPlaneMain()).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    var source = new FileSource(config);
    return switch (source.read()) {
      case Source.Reading.Changed(var first) -> run(first, source);
      case Source.Reading.Faulty(var faults) -> {
        for (Fault fault : faults) {
          System.err.println(fault);
        }
        yield CommandLine.ExitCode.USAGE;
      }
      case Source.Reading.Unchanged() ->
          throw new IllegalStateException("a first reading is never unchanged");
    };
  }

  private static int run(dev.warmpath.config.v1.Config first, Source source)
      throws InterruptedException {
    ControlPlane plane;
    try {
      plane = ControlPlane.start(first, source);
    } catch (IOException | IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
    // The hook ends the process: main waits for ever.
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(plane::close));
    new CountDownLatch(1).await();
    return CommandLine.ExitCode.OK;
  }
}
