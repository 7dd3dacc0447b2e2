# frozen_string_literal: true

module Bench
  # How each side packs and unpacks a plain document in one call. The lambdas take the value and give a loop and its
  # result (see Row). What other formats pack is nobody else's bytes, hence nil for the result there; specs prove that
  # it reads back.
  module Formats
    # The formats that can hold bytes and Symbols, and those that can hold neither.
    TEXT = %i[json oj].freeze
    BINARY = %i[cbor marshal].freeze
    ALL = (TEXT + BINARY).freeze

    # Without :float, numbers of more than 15 digits come back changed or as BigDecimal.
    OJ = { mode: :strict, bigdecimal_load: :float }.freeze
    OJ_SYMBOLS = OJ.merge(symbol_keys: true).freeze

    PACK = {
      msgpack: ->(value) { [->(n) { MessagePack.pack(value) while (n -= 1) >= 0 }, MessagePack.pack(value)] },
      floor: lambda do |value|
        walk = Floor::Walk.new(value)
        [->(n) { walk.copy while (n -= 1) >= 0 }, nil]
      end,
      json: ->(value) { [->(n) { JSON.generate(value) while (n -= 1) >= 0 }, nil] },
      oj: ->(value) { [->(n) { Oj.dump(value, mode: :compat) while (n -= 1) >= 0 }, nil] },
      cbor: ->(value) { [->(n) { CBOR.encode(value) while (n -= 1) >= 0 }, nil] },
      marshal: ->(value) { [->(n) { Marshal.dump(value) while (n -= 1) >= 0 }, nil] }
    }.freeze

    UNPACK = {
      msgpack: lambda do |value|
        bytes = MessagePack.pack(value)
        [->(n) { MessagePack.unpack(bytes) while (n -= 1) >= 0 }, MessagePack.unpack(bytes)]
      end,
      floor: lambda do |value|
        plan = Floor::Plan.new(value)
        [->(n) { plan.build while (n -= 1) >= 0 }, plan.build]
      end,
      json: lambda do |value|
        text = JSON.generate(value)
        [->(n) { JSON.parse(text) while (n -= 1) >= 0 }, JSON.parse(text)]
      end,
      oj: lambda do |value|
        text = Oj.dump(value, mode: :compat)
        [->(n) { Oj.load(text, OJ) while (n -= 1) >= 0 }, Oj.load(text, OJ)]
      end,
      cbor: lambda do |value|
        bytes = CBOR.encode(value)
        [->(n) { CBOR.decode(bytes) while (n -= 1) >= 0 }, CBOR.decode(bytes)]
      end,
      marshal: lambda do |value|
        bytes = Marshal.dump(value)
        # rubocop:disable Security/MarshalLoad -- its own bytes
        [->(n) { Marshal.load(bytes) while (n -= 1) >= 0 }, Marshal.load(bytes)]
        # rubocop:enable Security/MarshalLoad
      end
    }.freeze

    # The same with Symbols for the keys. CBOR gives Strings whatever it is told, and is left out.
    UNPACK_SYMBOLS = {
      msgpack: lambda do |value|
        bytes = MessagePack.pack(value)
        [->(n) { MessagePack.unpack(bytes, symbolize_keys: true) while (n -= 1) >= 0 },
         MessagePack.unpack(bytes, symbolize_keys: true)]
      end,
      floor: UNPACK[:floor],
      json: lambda do |value|
        text = JSON.generate(value)
        [->(n) { JSON.parse(text, symbolize_names: true) while (n -= 1) >= 0 },
         JSON.parse(text, symbolize_names: true)]
      end,
      oj: lambda do |value|
        text = Oj.dump(value, mode: :compat)
        [->(n) { Oj.load(text, OJ_SYMBOLS) while (n -= 1) >= 0 },
         Oj.load(text, OJ_SYMBOLS)]
      end,
      marshal: UNPACK[:marshal]
    }.freeze
  end
end
