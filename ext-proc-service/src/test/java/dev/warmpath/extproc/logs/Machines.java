package dev.warmpath.extproc.logs;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** What machines print and people paste: logs, stack traces, diffs, the events of a cluster. */
final class Machines {

  private Machines() {}

  private static String format(String pattern, Instant time) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH)
        .withZone(ZoneOffset.UTC)
        .format(time);
  }

  /** Lines of a web server or proxy, one kind in one paste. */
  static String accessLog(Draw habit, Draw draw, Instant now) {
    StringBuilder text = new StringBuilder();
    Instant time = now.minusSeconds(draw.below(3 * 86_400));
    int kind = habit.below(4);
    for (int lines = draw.between(2, 22); lines > 0; lines--) {
      time = time.plusMillis(draw.between(3, 9000));
      String request =
          draw.pick("GET", "GET", "GET", "POST", "PUT", "DELETE")
              + " "
              + draw.fill(
                  draw.pick(
                      "/api/v1/{word}/{id}",
                      "/{word}?page={n}",
                      "/static/{hex}.js",
                      "/login",
                      "/health",
                      "/v2/orders/{uuid}/lines"),
                  time)
              + draw.pick(" HTTP/1.1", " HTTP/2.0");
      int status = draw.pick(List.of(200, 200, 200, 204, 301, 304, 404, 499, 500, 502));
      text.append(
          switch (kind) {
            case 0 ->
                draw.fill("{ip} - - ", time)
                    + format("'['dd/MMM/yyyy:HH:mm:ss Z']'", time)
                    + " \"%s\" %d %d \"%s\" \"%s\""
                        .formatted(
                            request,
                            status,
                            draw.below(90_000),
                            draw.pick("-", "https://shop.example/", "https://www.example/cart"),
                            draw.pick(
                                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
                                "curl/8.9.1",
                                "python-requests/2.32.3",
                                "kube-probe/1.33"));
            case 1 ->
                format("yyyy/MM/dd HH:mm:ss", time)
                    + draw.fill(
                            " [error] %d#%d: *%d {x}, client: {ip}, server: shop.example, request: "
                                .formatted(
                                    draw.between(20, 99),
                                    draw.between(20, 99),
                                    draw.below(900_000)),
                            time)
                        .replace(
                            "{x}",
                            draw.pick(
                                "upstream timed out (110: Connection timed out) while reading"
                                    + " response header from upstream",
                                "connect() failed (111: Connection refused) while connecting to"
                                    + " upstream",
                                "open() \"/srv/www/favicon.ico\" failed (2: No such file)"))
                    + '"'
                    + request
                    + '"';
            case 2 ->
                format("'['yyyy-MM-dd'T'HH:mm:ss.SSS'Z]'", time)
                    + " \"%s\" %d %s %d %d %d \"%s\" \"%s\""
                        .formatted(
                            request,
                            status,
                            draw.pick("-", "UF,URX", "UH", "via_upstream"),
                            draw.below(4000),
                            draw.below(90_000),
                            draw.below(3000),
                            draw.uuid(),
                            draw.fill("{ip}:8080", time));
            default ->
                format("MMM dd HH:mm:ss", time)
                    + draw.fill(" {host} haproxy[", time)
                    + draw.between(100, 32_000)
                    + draw.fill("]: {ip}:", time)
                    + draw.between(1025, 65_000)
                    + format(" '['dd/MMM/yyyy:HH:mm:ss.SSS']' 'web app/'", time)
                    + draw.fill("{host} ", time)
                    + "%d/0/%d/%d/%d %d %d - - ---- \"%s\""
                        .formatted(
                            draw.below(9),
                            draw.below(9),
                            draw.below(900),
                            draw.below(900),
                            status,
                            draw.below(9000),
                            request);
          });
      text.append('\n');
    }
    return text.toString();
  }

  /** Lines of an application, in the manner of one logging library. */
  static String applicationLog(Draw habit, Draw draw, Instant now) {
    StringBuilder text = new StringBuilder();
    Instant time = now.minusSeconds(draw.below(86_400));
    int kind = habit.below(7);
    long pid = draw.between(100, 60_000);
    for (int lines = draw.between(3, 24); lines > 0; lines--) {
      time = time.plusMillis(draw.between(1, 20_000));
      String level = draw.pick("INFO", "INFO", "WARN", "ERROR", "DEBUG");
      String said =
          draw.fill(
              draw.pick(
                  "request {uuid} took {n}ms",
                  "retry {n} of job {id} after {error}",
                  "user {id} logged in from {ip}",
                  "connection to {host}:5432 lost, {n} in pool",
                  "cache {word}: {n} hits",
                  "payment {code} of {amount} declined: {error}",
                  "started in {n}.{n}s, version {version}",
                  "could not read /var/lib/{word}/{hex}: permission denied",
                  "Zeitüberschreitung bei {host}, Versuch {n}"),
              time);
      text.append(
          switch (kind) {
            case 0 ->
                format("yyyy-MM-dd HH:mm:ss.SSS", time)
                    + " %-5s [%s] c.e.%s.%s - %s"
                        .formatted(
                            level,
                            draw.pick("main", "http-nio-8080-exec-" + draw.between(1, 20)),
                            draw.pick(Names.WORDS),
                            draw.pick("Service", "Worker", "Repository"),
                            said);
            case 1 ->
                format("yyyy-MM-dd HH:mm:ss,SSS", time)
                    + " - %s - %s - %s".formatted(draw.pick(Names.WORDS), level, said);
            case 2 ->
                level.charAt(0)
                    + format("MMdd HH:mm:ss.SSSSSS", time)
                    + " %7d %s.go:%d] %s"
                        .formatted(pid, draw.pick(Names.WORDS), draw.between(20, 900), said);
            case 3 ->
                "time="
                    + time
                    + " level=%s msg=\"%s\" trace_id=%s"
                        .formatted(level.toLowerCase(Locale.ROOT), said, draw.hex(32));
            case 4 ->
                format("MMM dd HH:mm:ss", time)
                    + draw.fill(" {host} ", time)
                    + draw.pick(Names.WORDS)
                    + "d["
                    + pid
                    + "]: "
                    + said;
            case 5 ->
                "{\"@timestamp\":\"%s\",\"level\":\"%s\",\"message\":\"%s\",\"span\":\"%s\"}"
                    .formatted(time, level, said, draw.hex(16));
            default ->
                "[%s] %s: %s"
                    .formatted(format("HH:mm:ss", time), level.toLowerCase(Locale.ROOT), said);
          });
      text.append('\n');
    }
    return text.toString();
  }

  static String stackTrace(Draw habit, Draw draw, Instant now) {
    StringBuilder text = new StringBuilder();
    if (habit.chance(0.4)) {
      text.append(format(habit.pick("yyyy-MM-dd HH:mm:ss.SSS", "HH:mm:ss"), now))
          .append(habit.pick(" ERROR ", " [main] ERROR ", " FATAL "));
    }
    String word = draw.pick(Names.WORDS);
    String type = Character.toUpperCase(word.charAt(0)) + word.substring(1);
    int frames = draw.between(4, 14);
    switch (habit.below(5)) {
      case 0 -> {
        text.append(
            draw.fill(
                draw.pick(
                    "java.lang.IllegalStateException: {word} {id} is closed",
                    "java.lang.NullPointerException: Cannot invoke \"String.length()\" because"
                        + " \"{word}\" is null",
                    "java.util.concurrent.TimeoutException: {n}000 ms",
                    "org.postgresql.util.PSQLException: FATAL: too many connections for {word}",
                    "java.io.IOException: {host}/{ip}:9092 reset"),
                now));
        for (int i = 0; i < frames; i++) {
          text.append("\n\tat com.example.")
              .append(draw.pick(Names.WORDS))
              .append('.')
              .append(i % 3 == 0 ? type : draw.pick("Pipeline", "Filter", "Dispatcher", "Handler"))
              .append(draw.pick(".run(", ".accept(", ".lambda$0(", ".invoke("))
              .append(type)
              .append(".java:")
              .append(draw.between(12, 900))
              .append(')');
        }
        text.append("\nCaused by: java.net.SocketException: Broken pipe\n\t... ")
            .append(draw.between(3, 40))
            .append(" more");
      }
      case 1 -> {
        text.append("Traceback (most recent call last):");
        for (int i = 0; i < frames; i++) {
          text.append("\n  File \"/srv/app/")
              .append(draw.pick(Names.WORDS))
              .append(".py\", line ")
              .append(draw.between(3, 1200))
              .append(", in ")
              .append(draw.pick("load", "main", "__call__", "parse_row", "retry"))
              .append("\n    ")
              .append(draw.pick("return fn(*args)", "row = rows[i]", "yield from inner()"));
        }
        text.append('\n')
            .append(
                draw.fill(
                    draw.pick(
                        "KeyError: '{word}_{id}'",
                        "ValueError: could not convert string to float: '{amount},-'",
                        "requests.exceptions.ReadTimeout: {host}: read timed out. ({n})"),
                    now));
      }
      case 2 -> {
        text.append(
            draw.fill(
                draw.pick(
                    "TypeError: Cannot read properties of undefined (reading '{word}')",
                    "Error: connect ECONNREFUSED {ip}:6379",
                    "RangeError: Invalid time value: {tag}"),
                now));
        for (int i = 0; i < frames; i++) {
          text.append("\n    at ")
              .append(draw.pick("async ", ""))
              .append(draw.pick("handle", "render", "next", "Object.parse"))
              .append(" (/app/dist/")
              .append(draw.pick(Names.WORDS))
              .append(".js:")
              .append(draw.between(1, 800))
              .append(':')
              .append(draw.between(1, 90))
              .append(')');
        }
      }
      case 3 -> {
        text.append("panic: runtime error: index out of range [")
            .append(draw.between(1, 99))
            .append("] with length ")
            .append(draw.between(1, 99))
            .append("\n\ngoroutine ")
            .append(draw.between(1, 9000))
            .append(" [running]:");
        for (int i = 0; i < frames; i++) {
          text.append("\nmain.")
              .append(draw.pick(Names.WORDS))
              .append("(0xc000")
              .append(draw.hex(6))
              .append(")\n\t/src/")
              .append(draw.pick(Names.WORDS))
              .append(".go:")
              .append(draw.between(10, 700))
              .append(" +0x")
              .append(draw.hex(3));
        }
      }
      default -> {
        text.append("Unhandled exception. System.InvalidOperationException: ")
            .append(draw.fill("Sequence {id} contains no {word}", now));
        for (int i = 0; i < frames; i++) {
          text.append("\n   at Shop.")
              .append(type)
              .append('.')
              .append(draw.pick("Load", "SaveAsync", "MoveNext"))
              .append("() in D:\\src\\")
              .append(type)
              .append(".cs:line ")
              .append(draw.between(9, 800));
        }
      }
    }
    return text.toString();
  }

  /** What git shows of one or two commits. */
  static String diff(Draw habit, Draw draw, Instant now) {
    StringBuilder text = new StringBuilder();
    if (habit.chance(0.5)) {
      text.append("commit ")
          .append(draw.hex(40))
          .append(draw.fill("\nAuthor: {name} <{first}@mail.example>\nDate:   ", now))
          .append(format("EEE MMM d HH:mm:ss yyyy Z", now.minusSeconds(draw.below(900_000))))
          .append(draw.fill("\n\n    {word}: " + sentence(draw) + "\n\n", now));
    }
    for (int files = draw.between(1, 3); files > 0; files--) {
      String file = draw.pick(Names.FILES);
      text.append(
          "diff --git a/%1$s b/%1$s\nindex %2$s..%3$s 100644\n--- a/%1$s\n+++ b/%1$s"
              .formatted(file, draw.hex(9), draw.hex(9)));
      for (int hunks = draw.between(1, 3); hunks > 0; hunks--) {
        int line = draw.between(3, 900);
        text.append("\n@@ -%d,%d +%d,%d @@".formatted(line, draw.between(3, 12), line, 9));
        for (int lines = draw.between(3, 12); lines > 0; lines--) {
          text.append('\n').append(draw.pick("+", "-", " ", " ")).append(code(draw, now));
        }
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String sentence(Draw draw) {
    return draw.pick(
        "retry once when {host} resets",
        "count {word} per city, not per branch",
        "bump to {version}",
        "fix rounding of {amount}",
        "revert {hex}");
  }

  private static String code(Draw draw, Instant now) {
    return draw.fill(
        draw.pick(
            "    int {word} = {n};",
            "  if ({word}.isEmpty()) {",
            "  }",
            "",
            "        return {word} * {n}.0 / {n};",
            "  timeout: {n}s",
            "    image: registry.example/{word}:{version}",
            "// see {code}, due {date}",
            "    log.info(\"{word} {n}\");",
            "def {word}(rows, limit={n}):",
            "  \"{word}\": \"^{version}\","),
        now);
  }

  /** Events, pods, or one object's description. */
  static String cluster(Draw habit, Draw draw, Instant now) {
    StringBuilder text = new StringBuilder();
    Instant time = now.minusSeconds(draw.below(90_000));
    switch (habit.below(4)) {
      case 0 -> {
        text.append("LAST SEEN   TYPE      REASON             OBJECT   MESSAGE\n");
        for (int rows = draw.between(3, 14); rows > 0; rows--) {
          text.append(age(draw))
              .append("   ")
              .append(draw.pick("Normal ", "Warning"))
              .append("   ")
              .append(
                  draw.fill(
                      draw.pick(
                          "BackOff            pod/{pod}   Back-off restarting failed container",
                          "Pulled             pod/{pod}   Pulled image in {n}.{n}s",
                          "Unhealthy          pod/{pod}   Readiness probe failed: HTTP 503",
                          "FailedScheduling   pod/{pod}   0/{n} nodes are available",
                          "ScalingReplicaSet  deployment/{word}   Scaled up to {n}",
                          "OOMKilling         node/{host}   Killed process {id}"),
                      now))
              .append('\n');
        }
      }
      case 1 -> {
        text.append(
            habit.chance(0.7) ? "NAME   READY   STATUS   RESTARTS   AGE   IP   NODE\n" : "");
        for (int rows = draw.between(3, 16); rows > 0; rows--) {
          text.append(draw.fill("{pod}   ", now))
              .append(draw.pick("1/1", "0/1", "2/2"))
              .append("   ")
              .append(draw.pick("Running", "CrashLoopBackOff", "Pending", "Completed"))
              .append("   ")
              .append(draw.below(40))
              .append("   ")
              .append(age(draw))
              .append(draw.fill("   {ip}   {host}\n", now));
        }
      }
      case 2 -> {
        text.append("apiVersion: v1\nkind: Event\nmetadata:\n  creationTimestamp: \"")
            .append(format("yyyy-MM-dd'T'HH:mm:ss'Z'", time))
            .append(draw.fill("\"\n  name: {pod}.", now))
            .append(draw.hex(16))
            .append("\n  namespace: ")
            .append(draw.pick(Names.WORDS))
            .append("\n  resourceVersion: \"")
            .append(draw.digits(8))
            .append("\"\n  uid: ")
            .append(draw.uuid())
            .append("\nreason: ")
            .append(draw.pick("Killing", "Evicted", "FailedMount"))
            .append("\ncount: ")
            .append(draw.between(1, 400))
            .append(draw.fill("\nmessage: container {word} on {host} used {n}Gi\n", now));
      }
      default -> {
        for (int rows = draw.between(3, 10); rows > 0; rows--) {
          time = time.plusSeconds(draw.between(1, 90));
          text.append(format("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", time))
              .append(draw.fill(" {pod} ", now))
              .append(draw.pick("stdout", "stderr"))
              .append(draw.fill(" F {word} {n} from {ip}\n", now));
        }
      }
    }
    return text.toString();
  }

  private static String age(Draw draw) {
    return draw.between(1, 59) + draw.pick("s", "m", "h", "d");
  }
}
