package dev.warmpath.config;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.config.v1.OptionsProto;
import dev.warmpath.config.v1.Provider;
import dev.warmpath.config.v1.Route;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives every field that the file leaves out its default: first the few that depend on other
 * fields, then those that the schema states. Stateless.
 */
final class Defaults {
  private Defaults() {}

  static void fill(Config.Builder config) {
    Map<String, Api> apis = new HashMap<>();
    for (Provider.Builder provider : config.getProvidersBuilderList()) {
      apis.putIfAbsent(provider.getName(), provider.getApi());
      if (provider.getCredentialHeader().isEmpty()) {
        provider.setCredentialHeader(credentialHeader(provider.getApi()));
      }
    }
    for (Route.Builder route : config.getRoutesBuilderList()) {
      switch (route.getToCase()) {
        case POOL -> {
          if (route.getAnnotate() == Mode.MODE_UNSPECIFIED) {
            route.setAnnotate(Mode.OFF);
          }
        }
        case PROVIDER -> {
          if (route.getPick() == Mode.MODE_UNSPECIFIED) {
            route.setPick(Mode.OFF);
          }
          if (route.getApi() == Api.API_UNSPECIFIED) {
            route.setApi(apis.getOrDefault(route.getProvider(), Api.API_UNSPECIFIED));
          }
        }
        case TO_NOT_SET -> {}
      }
    }
    fillStated(config);
  }

  private static String credentialHeader(Api api) {
    return switch (api) {
      case ANTHROPIC_MESSAGES -> "x-api-key";
      case GEMINI -> "x-goog-api-key";
      case OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_RESPONSES, OPENAI_EMBEDDINGS, BEDROCK_CONVERSE ->
          "authorization";
      case API_UNSPECIFIED, UNRECOGNIZED -> "";
    };
  }

  private static void fillStated(Message.Builder message) {
    Descriptor type = message.getDescriptorForType();
    for (FieldDescriptor field : type.getFields()) {
      if (field.isMapField()) {
        continue;
      }
      if (field.isRepeated()) {
        if (field.getJavaType() == JavaType.MESSAGE) {
          for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
            fillStated(message.getRepeatedFieldBuilder(field, i));
          }
        }
        continue;
      }
      String stated = field.getOptions().getExtension(OptionsProto.defaultValue);
      if (!stated.isEmpty() && !isSet(message, field)) {
        message.setField(field, value(message, field, stated));
      }
      if (field.getJavaType() == JavaType.MESSAGE
          && !Scalars.isDuration(field)
          && message.hasField(field)) {
        fillStated(message.getFieldBuilder(field));
      }
      String from = field.getOptions().getExtension(OptionsProto.defaultFrom);
      if (!from.isEmpty() && !isSet(message, field)) {
        message.setField(field, message.getField(type.findFieldByName(from)));
      }
    }
  }

  private static Object value(Message.Builder message, FieldDescriptor field, String stated) {
    if (stated.equals("{}")) {
      return message.newBuilderForField(field).build();
    }
    return Scalars.parse(field, stated)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "%s: default %s (expected: %s)"
                        .formatted(field.getFullName(), stated, Expectation.of(field))));
  }

  private static boolean isSet(Message.Builder message, FieldDescriptor field) {
    return field.hasPresence()
        ? message.hasField(field)
        : !message.getField(field).equals(field.getDefaultValue());
  }
}
