package dev.warmpath.e2e.bench;

import com.sun.net.httpserver.HttpServer;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.Section;
import dev.warmpath.config.v1.ExtProc;
import dev.warmpath.extproc.server.ProcessorServer;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The no-op processor in a process of its own, on the server, executor, windows and limits of the
 * ext_proc service, from the same configuration file.
 */
@Command(name = "noop", description = "Runs the no-op processor until it is stopped.")
public final class NoopMain implements Callable<Integer> {
  private static final int BACKLOG = 16;

  @Option(names = "--config", required = true, description = "Of an ext_proc service.")
  private Path configFile = Path.of("warmpath.yaml");

  private NoopMain() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new NoopMain()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    ExtProc settings = ConfigFile.read(configFile, Section.EXT_PROC).getExtProc();
    int eventLoops =
        settings.hasEventLoops()
            ? settings.getEventLoops()
            : Runtime.getRuntime().availableProcessors();
    var health = new HealthStatusManager();
    health.setStatus(ExternalProcessorGrpc.SERVICE_NAME, ServingStatus.SERVING);
    try (var server =
        ProcessorServer.start(
            new ProcessorServer.Options(
                settings.getAddress(), settings.getTls(), eventLoops, settings.getMaxBodyBytes()),
            List.of(new NoopProcessor(), health.getHealthService()),
            List.of())) {
      String admin = settings.getAdminAddress();
      int colon = admin.lastIndexOf(':');
      HttpServer ready =
          HttpServer.create(
              new InetSocketAddress(
                  admin.substring(0, colon), Integer.parseInt(admin.substring(colon + 1))),
              BACKLOG);
      ready.createContext(
          "/readyz",
          exchange -> {
            try (exchange) {
              exchange.sendResponseHeaders(200, -1);
            }
          });
      ready.start();
      System.out.println("no-op on port " + server.port());
      new CountDownLatch(1).await(); // Until a signal ends the process.
      return 0;
    }
  }
}
