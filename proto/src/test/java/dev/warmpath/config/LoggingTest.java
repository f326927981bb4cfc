package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one logback.xml, which every module has on its class path. */
class LoggingTest {
  @Test
  void libraries_whateverTheirName_logNothingBelowWarn() {
    for (String name : new String[] {"io.netty.handler.logging", "io.grpc.netty", "other"}) {
      Logger logger = LoggerFactory.getLogger(name);

      assertThat(logger.isWarnEnabled()).as(name).isTrue();
      assertThat(logger.isInfoEnabled()).as(name).isFalse();
    }
  }

  @Test
  void ownLines_withoutASetting_areInfo() {
    Logger logger = LoggerFactory.getLogger("dev.warmpath.extproc");

    assertThat(logger.isInfoEnabled()).isTrue();
    assertThat(logger.isDebugEnabled()).isFalse();
  }
}
