# frozen_string_literal: true

# DefaultFactory is one for the whole program: what registers with it runs in a process of its own.
RSpec.describe "MessagePack::DefaultFactory" do
  let(:prelude) { <<~RUBY }
    require "msgpack-ext"
    require "stringio"
    Default = MessagePack::DefaultFactory
    Money = Struct.new(:text) do
      def self.from_msgpack_ext(data) = new(data)
      def to_msgpack_ext = text
    end
    Box = Struct.new(:value)
    M = Money.new("abcd")
    BYTES = "\\xD6\\x05abcd".b

    def show(value) = puts(value.is_a?(String) ? value.b.inspect : value.inspect)

    def error_of
      yield
    rescue Exception => e
      e
    end
  RUBY

  # Fails unless the program prints these values, and nothing else.
  def expect_shown(code, *values)
    expect_lines("#{prelude}\n#{code}", values.map { |value| (value.is_a?(String) ? value.b : value).inspect })
  end

  # What M is where Money is registered as type 5.
  let(:packed) { "\xD6\x05abcd".b }

  it "is a Factory without types, and the same object each time" do
    expect(MessagePack::DefaultFactory).to be_an_instance_of(MessagePack::Factory)
    expect(MessagePack::DefaultFactory).to equal(MessagePack::DefaultFactory)
    expect_shown("show Default.registered_types; show Default.frozen?", [], false)
  end

  it "gives its types to the module functions" do
    expect_shown(<<~RUBY, packed, "\x91".b + packed, true, true, true)
      Default.register_type(5, Money)
      show MessagePack.pack(M)
      show MessagePack.dump([M])
      show MessagePack.unpack(BYTES) == M
      show MessagePack.load("\\x91".b + BYTES) == [M]
      show MessagePack.unpack(StringIO.new(BYTES)) == M
    RUBY
  end

  it "gives them to the functions as methods of a module that includes MessagePack" do
    expect_shown(<<~RUBY, packed, true)
      Default.register_type(5, Money)
      user = Class.new { include MessagePack; def pair = [pack(M), unpack(BYTES) == M] }.new
      user.pair.each { |value| show value }
    RUBY
  end

  it "goes with an io and with options" do
    expect_shown(<<~RUBY, nil, packed, nil, "\xDA\x00\x28".b + ("x" * 40), packed, true, true)
      Default.register_type(5, Money)
      io = StringIO.new("".b)
      show MessagePack.pack(M, io)
      show io.string
      io = StringIO.new("".b)
      show MessagePack.pack("x" * 40, io, compatibility_mode: true)
      show io.string
      show MessagePack.pack(M, unknown_class: false)
      show MessagePack.unpack("\\x81\\xA1a".b + BYTES, symbolize_keys: true) == { a: M }
      show error_of { MessagePack.pack(1..2, unknown_class: false) }.is_a?(TypeError)
    RUBY
  end

  it "gives them to to_msgpack of the core classes" do
    expect_shown(<<~RUBY, "\x91".b + packed, "\x81\x01".b + packed, nil, "\x91".b + packed, "\xC7\x03\x00abc".b)
      Default.register_type(5, Money)
      Default.register_type(0, Symbol)
      show [M].to_msgpack
      show({ 1 => M }.to_msgpack)
      io = StringIO.new("".b)
      show [M].to_msgpack(io)
      show io.string
      show :abc.to_msgpack
    RUBY
  end

  it "packs into a given packer by that packer's registrations" do
    expect_shown(<<~RUBY, "\x91\xD4\x06m".b, nil, "\x91\xD4\x06m".b)
      Default.register_type(5, Money)
      packer = MessagePack::Packer.new
      packer.register_type(6, Money) { "m" }
      show [M].to_msgpack(packer).to_s
      packer.clear
      show MessagePack.pack([M], packer)
      show packer.to_s
    RUBY
  end

  it "makes no difference to Packer.new, Unpacker.new and other factories" do
    expect_shown(<<~RUBY, [], [], NoMethodError, MessagePack::ExtType, MessagePack::UnknownExtTypeError)
      Default.register_type(5, Money)
      show MessagePack::Packer.new.registered_types
      show MessagePack::Unpacker.new.registered_types
      show error_of { MessagePack::Packer.new.write(M) }.class
      show MessagePack::Unpacker.new.feed(BYTES).read.class
      show error_of { MessagePack::Factory.new.load(BYTES) }.class
    RUBY
  end

  it "sees registrations at once, the later winning" do
    expect_shown(<<~RUBY, NoMethodError, packed, "\xD6\x06abcd".b, "\xD4\x07z".b)
      show error_of { MessagePack.pack(M) }.class
      Default.register_type(5, Money)
      show MessagePack.pack(M)
      Default.register_type(6, Money)
      show MessagePack.pack(M)
      Default.register_type(7, Money, packer: ->(_) { "z" })
      show MessagePack.pack(M)
    RUBY
  end

  it "is the first step of the lookup chain in the module functions, whose other steps remain" do
    expect_shown(<<~RUBY, true, [6, "abcd"], :class_level, MessagePack::ExtType, MessagePack::UnknownExtTypeError)
      Default.register_type(5, Money)
      pair = ->(type, data) { [type, data] }
      MessagePack::Unpacker.register_exttype(5) { :class_level }
      show MessagePack.unpack(BYTES, default_exttype: pair) == M
      six = "\\xD6\\x06abcd"
      MessagePack::Unpacker.register_exttype(6) { :class_level }
      show MessagePack.unpack(six, default_exttype: pair)
      show MessagePack.unpack(six)
      MessagePack::Unpacker.register_exttype(6, nil)
      show MessagePack.unpack(six).class
      show error_of { Default.load(six) }.class
    RUBY
  end

  it "makes packers and unpackers as any factory does, and pools" do
    expect_shown(<<~RUBY, packed, true, packed, true, nil)
      Default.register_type(5, Money)
      show Default.packer.write(M).to_s
      show Default.unpacker.feed(BYTES).read == M
      pool = Default.pool(2)
      show pool.dump(M)
      show pool.load(BYTES) == M
      show Default.dump(M, StringIO.new)
    RUBY
  end

  it "may be copied, and neither changes the other" do
    expect_shown(<<~RUBY, packed, NoMethodError, packed, NoMethodError)
      copy = Default.dup
      copy.register_type(5, Money)
      show copy.dump(M)
      show error_of { MessagePack.pack(M) }.class
      Default.register_type(5, Money)
      show MessagePack.pack(M)
      later = Default.dup
      Default.register_type(6, Box, packer: ->(_) { "b" })
      show error_of { later.dump(Box.new(1)) }.class
    RUBY
  end

  it "may be frozen" do
    expect_shown(<<~RUBY, packed, "can't modify frozen MessagePack::Factory", true)
      Default.register_type(5, Money)
      Default.freeze
      show MessagePack.pack(M)
      show error_of { Default.register_type(6, Box) }.message
      show MessagePack.unpack(BYTES) == M
    RUBY
  end

  it "takes recursive types" do
    expect_shown(<<~RUBY, "\x91\xD5\x01\x91\x07".b, true, true, true)
      Default.register_type(1, Box, packer: ->(box, packer) { packer.write(box.value) },
                                    unpacker: ->(unpacker) { Box.new(unpacker.read) }, recursive: true)
      show MessagePack.pack([Box.new([7])])
      nested = (1..300).inject("x" * 70_000) { |inner, _| Box.new(inner) }
      show MessagePack.unpack(MessagePack.pack(nested)) == nested
      show MessagePack.unpack([nested].to_msgpack) == [nested]
      deep = (1..501).inject(nil) { |inner, _| Box.new(inner) }
      show error_of { MessagePack.pack(deep) }.is_a?(MessagePack::NestingError)
    RUBY
  end

  it "takes Symbols, integers of any size and times" do
    expect_shown(<<~RUBY, true, true)
      require "msgpack/bigint"
      Default.register_type(0, Symbol)
      Default.register_type(1, Integer, packer: MessagePack::Bigint.method(:to_msgpack_ext),
                                        unpacker: MessagePack::Bigint.method(:from_msgpack_ext),
                                        oversized_integer_extension_type: true)
      Default.register_type(MessagePack::Timestamp::TYPE, Time, packer: MessagePack::Time::Packer,
                                                                unpacker: MessagePack::Time::Unpacker)
      value = { a: [:b, 2**64, -(2**100), Time.at(1, 5, :nsec), 2**64 - 1], "a" => nil }
      show MessagePack.unpack(MessagePack.pack(value)) == value
      show MessagePack.unpack(value.to_msgpack) == value
    RUBY
  end

  it "keeps its types while the GC runs" do
    expect_shown(<<~RUBY, [true] * 3)
      Default.register_type(5, Money, packer: proc { |money| money.text }, unpacker: proc { |data| Money.new(data) })
      show(Array.new(3) do
        GC.stress = true
        MessagePack.unpack(MessagePack.pack([M, { "k" => M }])) == [M, { "k" => M }]
      ensure
        GC.stress = false
      end)
    RUBY
  end

  it "is used by several threads, while another registers" do
    expect_shown(<<~RUBY, [true] * 4)
      Default.register_type(5, Money)
      threads = Array.new(4) do |number|
        Thread.new do
          (0...200).all? { MessagePack.unpack(MessagePack.pack([M, number])) == [M, number] }
        end
      end
      20.times { |type| Default.register_type(20 + type, Class.new, packer: :to_s, unpacker: :new) && Thread.pass }
      show threads.map(&:value)
    RUBY
  end
end
