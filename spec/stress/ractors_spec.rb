# frozen_string_literal: true

# Four Ractors at once, with classes registered globally. Ractors run in processes of their own: they are experimental,
# and a mistake there ends the process. Factory's part is in factory_ractor_spec.rb.
RSpec.describe MessagePack, "and Ractors" do
  let(:prelude) { <<~'RUBY' }
    require "msgpack-ext"
    # Registered by the wiki's API: read by the class-level table, written by its own method.
    Money = Struct.new(:text) do
      def self.from_exttype(_type, data) = new(data)
      def to_msgpack(packer) = MessagePack::ExtType.pack(packer, 5, text)
    end
    # Registered by the gem's API, with DefaultFactory.
    Name = Struct.new(:text) do
      def self.from_msgpack_ext(data) = new(data)
      def to_msgpack_ext = text
    end
    # As well, and recursive.
    Box = Struct.new(:value)
    module Handlers
      WRITE = Ractor.make_shareable(proc { |box, packer| packer.write(box.value) })
      READ = Ractor.make_shareable(proc { |unpacker| Box.new(unpacker.read) })
      PAIR = Ractor.make_shareable(proc { |type, data| [type, data] })
    end

    def register_globally
      MessagePack::Unpacker.register_exttype(5, Money)
      MessagePack::Unpacker.register_exttype(7, Handlers::PAIR)
      MessagePack::DefaultFactory.register_type(6, Name)
      MessagePack::DefaultFactory.register_type(8, Box, packer: Handlers::WRITE, unpacker: Handlers::READ,
                                                        recursive: true)
    end

    # Ruby 3.5 has renamed take.
    def result_of(ractor) = ractor.respond_to?(:take) ? ractor.take : ractor.value
    def in_ractor(*arguments, &block) = result_of(Ractor.new(*arguments, &block))
    def in_four(*arguments, &block) = Array.new(4) { |number| Ractor.new(number, *arguments, &block) }.map { |r| result_of(r) }

    def error_of
      yield
      nil
    rescue Exception => e
      e.class
    end

    def value_of(number, turn)
      [number, turn, { "key #{number}" => Money.new("#{number}/#{turn}"), "box" => Box.new([Name.new("n#{turn}")]) },
       "x" * (number * turn), 1.5, nil, 2**63, "\xFF".b, { [turn] => { "same" => "same" } }]
    end
  RUBY

  # Fails unless the program prints these values, and nothing else.
  def expect_shown(code, *values) = expect_lines("#{prelude}\n#{code}", values.map(&:inspect))

  it "pack and unpack in four at once, with classes registered globally by both APIs" do
    expect_shown(<<~RUBY, [true] * 4)
      register_globally
      p(in_four do |number|
        (0...100).all? { |turn| MessagePack.unpack(MessagePack.pack(value_of(number, turn))) == value_of(number, turn) }
      end)
    RUBY
  end

  it "give the same bytes and objects as the main one" do
    expect_shown(<<~RUBY, [1, true])
      register_globally
      values = Array.new(20) { |turn| value_of(turn % 5, turn) }
      here = values.map { |value| MessagePack.pack(value) }
      there = in_four { Array.new(20) { |turn| MessagePack.pack(value_of(turn % 5, turn)) } }
      p [[here, *there].uniq.size, here.map { |bytes| MessagePack.unpack(bytes) } == values]
    RUBY
  end

  it "have Packers, Unpackers and Buffers of their own, at once" do
    expect_shown(<<~'RUBY', [true] * 4)
      register_globally
      class Sink
        attr_reader :bytes
        def initialize = @bytes = +"".b
        def write(bytes) = (@bytes << bytes[0, 7]) && [bytes.bytesize, 7].min
      end
      p(in_four do |number|
        packer = MessagePack::Packer.new(sink = Sink.new)
        packer.register_exttype(Name, 6, :text)
        packer.register_lowlevel(Range) { |range, pk| pk.write([range.begin, range.end]) }
        unpacker = MessagePack::Unpacker.new(symbolize_keys: true)
        unpacker.register_exttype(6) { |_type, data| Name.new(data) }
        buffer = MessagePack::Buffer.new
        (0...60).all? do |turn|
          packer.write([number, turn..9, { "k" => Name.new("#{number}:#{turn}") }, Money.new("m")]).flush
          buffer << sink.bytes
          sink.bytes.clear
          got = nil
          # Without a Regexp: in Ruby 3.1 those that several Ractors match at once corrupt memory.
          bytes = buffer.read
          0.step(bytes.bytesize, 9) { |at| unpacker.feed_each(bytes.byteslice(at, 9)) { |object| got = object } }
          got == [number, [turn, 9], { k: Name.new("#{number}:#{turn}") }, Money.new("m")]
        end
      end)
    RUBY
  end

  it "share a frozen Factory, in four at once, with dup, pool, packer and unpacker" do
    expect_shown(<<~'RUBY', [true] * 4)
      factory = MessagePack::Factory.new
      factory.register_type(6, Name)
      factory.register_type(8, Box, packer: Handlers::WRITE, unpacker: Handlers::READ, recursive: true)
      p(in_four(Ractor.make_shareable(factory)) do |number, shared|
        pool = shared.pool(2)
        copy = shared.dup
        copy.register_type(9, Range, packer: proc { |range| range.to_s }, unpacker: proc { |data| data })
        (0...60).all? do |turn|
          value = [Box.new([Name.new("n#{number}"), Box.new(turn)]), "x" * turn]
          bytes = shared.dump(value)
          [shared.load(bytes), pool.load(pool.dump(value)), copy.load(copy.dump(value)),
           shared.unpacker.feed(shared.packer.write(value).to_s).read].all?(value) &&
            copy.load(copy.dump(number..turn)) == "#{number}..#{turn}"
        end
      end)
    RUBY
  end

  it "are used while the main one registers and collects garbage" do
    expect_shown(<<~'RUBY', [true] * 4)
      register_globally
      ractors = Array.new(4) do |number|
        Ractor.new(number) do |own|
          (0...200).all? { |turn| MessagePack.unpack(MessagePack.pack(value_of(own, turn))) == value_of(own, turn) }
        end
      end
      100.times do |turn|
        MessagePack::Unpacker.register_exttype(20 + (turn % 50), Money)
        MessagePack::DefaultFactory.register_type(71 + (turn % 50), Class.new, packer: :to_s, unpacker: nil)
        GC.start if (turn % 25).zero?
      end
      p ractors.map { |ractor| result_of(ractor) }
    RUBY
  end

  it "raise the errors that the main one raises, with offset and path" do
    errors = '["\xC1", "\x92\x01", "\xD4\x09a", "\x01\x02", "\x91" * 501, ""]'
    expect_shown(<<~RUBY, [true, true])
      MessagePack::Unpacker.register_exttype(9, false)
      see = Ractor.make_shareable(Handlers.instance_eval do
        proc do
          unpacking = #{errors}.map do |bytes|
            MessagePack.unpack(bytes.b)
          rescue MessagePack::UnpackError, EOFError => e
            [e.class, e.message, e.offset]
          end
          packing = [Object, 2**64, Array.new(600).inject { |inner, _| [inner] }].map do |object|
            MessagePack.pack({ "users" => [1, object] })
          rescue NoMethodError, ArgumentError, RangeError => e
            [e.class, e.message]
          end
          [unpacking, packing]
        end
      end)
      here = see.call
      p [here.flatten(1).map(&:first).all?(Class), in_four(see) { |_, it| it.call }.uniq == [here]]
    RUBY
  end

  describe "other than the main one" do
    it "see the shareable entries of the class-level table, and raise Ractor::IsolationError for the others" do
      expect_shown(<<~'RUBY', [[1, 2], true, true], [:main, "x"])
        log = [:main]
        MessagePack::Unpacker.register_exttype(5, Money)
        MessagePack::Unpacker.register_exttype(7) { |_type, data| [*log, data] }
        p(in_ractor do
          [MessagePack.unpack("\x92\x01\x02"), MessagePack.unpack("\xD4\x05x".b) == Money.new("x"),
           error_of { MessagePack.unpack("\xD4\x07x".b) } == Ractor::IsolationError]
        end)
        p MessagePack.unpack("\xD4\x07x".b)
      RUBY
    end

    it "do not change what is the main one's" do
      expect_shown(<<~'RUBY', [Ractor::IsolationError] * 6, [true, MessagePack::ExtType, []], true)
        MessagePack::Unpacker.register_exttype(5, Money)
        p(in_ractor do
          [error_of { MessagePack::Unpacker.register_exttype(5, MessagePack::ExtType) },
           error_of { MessagePack::Unpacker.register_exttype(9) { nil } },
           error_of { MessagePack::Unpacker.default_exttype = false },
           error_of { MessagePack::ExtendedValue.set_as_global_default },
           error_of { MessagePack::DefaultFactory.register_type(9, Name) },
           error_of { MessagePack::DefaultFactory.dup }]
        end)
        p [MessagePack::Unpacker.exttype(5) == Money, MessagePack::Unpacker.default_exttype,
           MessagePack::DefaultFactory.registered_types]
        p(in_ractor { MessagePack::Unpacker.exttype(5) == Money })
      RUBY
    end

    it "ask the class-level table and the global default" do
      expect_shown(<<~'RUBY', [true, nil, true, Ractor::IsolationError], [MessagePack::ExtendedValue] * 2)
        MessagePack::Unpacker.register_exttype(5, Money)
        MessagePack::ExtendedValue.set_as_global_default
        unshareable = +"x"
        MessagePack::Unpacker.register_exttype(7) { unshareable }
        p(in_ractor do
          unpacker = MessagePack::Unpacker.new
          [unpacker.resolve_exttype(5) == Money, MessagePack::Unpacker.exttype(9),
           MessagePack::Unpacker.default_exttype == MessagePack::ExtendedValue,
           error_of { MessagePack::Unpacker.exttype(7) }]
        end)
        p(in_ractor { ["\xD4\x01a", "\xD4\x02a"].map { |bytes| MessagePack.unpack(bytes.b).class } })
      RUBY
    end

    it "send what they have unpacked, and copies of Factories" do
      expect_shown(<<~'RUBY', ["a", { "k" => [1] }], "\xD6\x06name".b)
        p(in_ractor { MessagePack.unpack("\x92\xA1a\x81\xA1k\x91\x01".b) })
        factory = MessagePack::Factory.new
        factory.register_type(6, Name)
        p(in_ractor(factory) { |copy| copy.dump(Name.new("name")) })
      RUBY
    end

    it "get no Packer, Unpacker and Buffer of another one: these cannot move, and Ruby's copy of them is none" do
      expect_shown(<<~'RUBY', [[RuntimeError, Ractor::Error]] * 3, ["\x01".b, [1, 2], "b"])
        objects = [MessagePack::Packer.new.write(1), MessagePack::Unpacker.new.feed("\x92\x01"), MessagePack::Buffer.new << "b"]
        p(objects.map do |object|
          copied = in_ractor(object) { |copy| error_of { copy.respond_to?(:tell) ? copy.read : copy.to_s } }
          moved = error_of { Ractor.new { Ractor.receive }.send(object, move: true) }
          [copied, moved]
        end)
        p [objects[0].to_s, objects[1].feed("\x02").read, objects[2].read]
      RUBY
    end

    it "have handlers that raise, throw and are collected, at once" do
      expect_shown(<<~'RUBY', [true] * 4)
        p(in_four do |number|
          unpacker = MessagePack::Unpacker.new
          unpacker.register_exttype(5) { |_type, data| number.even? ? raise(IOError, data) : throw(:out, data) }
          klass = Class.new { define_method(:to_msgpack) { |packer| packer.write("half") && raise(IOError, "mine") } }
          packer = MessagePack::Packer.new.write(number)
          (0...50).all? do |turn|
            GC.start if turn == 25
            unpacker.feed("\x92\xD4\x05a\x01\x07".b)
            left = catch(:out) { error_of { unpacker.read } }
            [IOError, "a"].include?(left) && unpacker.read == 7 && error_of { packer.write([1, klass.new]) } == IOError &&
              packer.to_s == [number].pack("C")
          end
        end)
      RUBY
    end
  end

  describe "with freeze: true" do
    # Each type of the format, nested, as a key, in an extended type.
    let(:values) { <<~'RUBY' }
      ext = MessagePack::ExtType
      core = [nil, true, false, 0, -1, 255, -129, 2**16, -(2**31) - 1, (2**64) - 1, -(2**63), 1.5, 0.1, "", "text", "é",
              "x" * 300, "y" * 70_000, "\xFF".b, "b".b * 300, "\xFF", ext.new(1, "a"), ext.new(127, "z" * 5000),
              ext.from_exttype(-1, "\x00\x00\x00\x01".b), [], {}]
      values = core + core.map { |value| [value, [value]] } + core.map { |value| { "k" => value, "n" => { "m" => [value] } } } +
               core.map { |value| { value => { value => value } } } + [core, { core => core }, Array.new(5000) { |i| { "k#{i}" => [i.to_s] } }]
    RUBY

    it "is everything shareable, whole or in pieces, by each way of unpacking" do
      expect_shown(<<~RUBY, [], [], [], [], [])
        #{values}
        frozen = MessagePack::Unpacker.new(freeze: true)
        factory = MessagePack::Factory.new
        pool = factory.pool(1, freeze: true, default_exttype: ext)
        require "stringio"
        ways = [->(bytes) { MessagePack.unpack(bytes, freeze: true) }, ->(bytes) { frozen.feed(bytes).read },
                ->(bytes) { bytes.scan(/.{1,1000}/mn) { |piece| frozen.feed(piece) } && frozen.full_unpack },
                ->(bytes) { pool.load(bytes) },
                ->(bytes) { MessagePack.load(StringIO.new(bytes), freeze: true) }]
        ways.each do |way|
          p(values.reject do |value|
            got = way.call(MessagePack.pack(value))
            Ractor.shareable?(got) && got == value
          end.map(&:inspect))
        end
      RUBY
    end

    it "is the same with symbolize_keys" do
      expect_shown(<<~'RUBY', true, { a: [{ b: "c" }] })
        object = MessagePack.unpack(MessagePack.pack({ "a" => [{ "b" => "c" }] }), freeze: true, symbolize_keys: true)
        p Ractor.shareable?(object)
        p(in_ractor(object) { |shared| shared })
      RUBY
    end

    it "is it used by four Ractors without a copy" do
      expect_shown(<<~'RUBY', [true] * 4)
        big = MessagePack.unpack(MessagePack.pack(Array.new(1000) { |i| { "k" => "v#{i}", "e" => MessagePack::ExtType.new(3, "d") } }),
                                 freeze: true)
        p(in_four(big.object_id, big) do |number, id, shared|
          shared.object_id == id && (number...1000).step(4).all? { |i| shared[i]["k"] == "v#{i}" && shared[i]["e"].data == "d" }
        end)
      RUBY
    end

    it "are timestamps of a handler shareable when they are frozen by it, and Ruby's Times are left alone" do
      expect_shown(<<~'RUBY', [true, false, true])
        factory = MessagePack::Factory.new
        factory.register_type(-1, MessagePack::Timestamp, unpacker: ->(data) { MessagePack::Timestamp.from_msgpack_ext(data).freeze })
        other = MessagePack::Factory.new
        other.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
        bytes = other.dump([Time.at(1, 5, :nsec)])
        p [Ractor.shareable?(factory.load(bytes, freeze: true)), Ractor.shareable?(other.load(bytes, freeze: true)),
           Ractor.shareable?(MessagePack.unpack(bytes, freeze: true))]
      RUBY
    end
  end
end
