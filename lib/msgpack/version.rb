# frozen_string_literal: true

module MessagePack
  # This gem's version. 1.8 is the API level of `msgpack` that it serves, so that version checks in programs pass; from
  # 100 on, so that nobody takes it for a release of that gem.
  VERSION = "1.8.100"
end
