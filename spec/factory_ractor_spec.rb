# frozen_string_literal: true

# Ractors run in processes of their own: they are experimental, and a mistake there ends the process.
RSpec.describe MessagePack::Factory, "and Ractors" do
  let(:prelude) { <<~RUBY }
    require "msgpack-ext"
    require "msgpack/bigint"
    Money = Struct.new(:text) do
      def self.from_msgpack_ext(data) = new(data)
      def to_msgpack_ext = text
    end
    Box = Struct.new(:value)

    # Handlers that Ractors may share need a self that they may share.
    module Handlers
      WRITE = Ractor.make_shareable(proc { |box, packer| packer.write(box.value) })
      READ = Ractor.make_shareable(proc { |unpacker| Box.new(unpacker.read) })
      TEXT = Ractor.make_shareable(->(money) { money.text })
      MONEY = Ractor.make_shareable(->(data) { Money.new(data) })
    end

    def factory_of(**options)
      MessagePack::Factory.new.tap { |factory| factory.register_type(5, Money, **options) }
    end

    # What the block gives in another Ractor. Ruby 3.5 has renamed take.
    def in_ractor(*arguments, &block)
      ractor = Ractor.new(*arguments, &block)
      ractor.respond_to?(:take) ? ractor.take : ractor.value
    end

    def error_of
      yield
    rescue Exception => e
      e
    end
  RUBY

  # Fails unless the program prints these values, and nothing else.
  def expect_shown(code, *values) = expect_lines("#{prelude}\n#{code}", values.map(&:inspect))

  it "is shareable when it is frozen and its handlers are shareable", :aggregate_failures do
    expect_shown(<<~RUBY, false, true, true, true, true)
      p Ractor.shareable?(MessagePack::Factory.new)
      p Ractor.shareable?(MessagePack::Factory.new.freeze)
      p Ractor.shareable?(factory_of(packer: :text, unpacker: nil).freeze)
      p Ractor.shareable?(factory_of(packer: Handlers::TEXT, unpacker: Handlers::MONEY).freeze)
      p Ractor.shareable?(factory_of(packer: MessagePack::Time::Packer).freeze)
    RUBY
  end

  it "is made shareable, and frozen by that" do
    expect_shown(<<~RUBY, true, true, true, "can't modify frozen MessagePack::Factory")
      factory = factory_of(packer: Handlers::TEXT, unpacker: Handlers::MONEY)
      p Ractor.make_shareable(factory).equal?(factory)
      p factory.frozen?
      p Ractor.shareable?(factory)
      puts error_of { factory.register_type(6, Box) }.message.inspect
    RUBY
  end

  it "dumps and loads in another Ractor, with handlers that are Procs" do
    expect_shown(<<~RUBY, [true, true, "\xD6\x05abcd".b, [true, true]])
      factory = Ractor.make_shareable(factory_of(packer: Handlers::TEXT, unpacker: Handlers::MONEY))
      p(in_ractor(factory) do |shared|
        value = [Money.new("abcd"), { "k" => Money.new("x" * 300) }]
        [shared.load(shared.dump(value)) == value, shared.unpacker.feed(shared.packer.write(value).to_s).read == value,
         shared.dump(value[0]), [shared.type_registered?(5), shared.frozen?]]
      end)
    RUBY
  end

  it "dumps and loads in another Ractor, with the default handlers" do
    expect_shown(<<~RUBY, true, true)
      factory = Ractor.make_shareable(factory_of)
      p Ractor.shareable?(factory)
      p(in_ractor(factory) { |shared| shared.load(shared.dump([Money.new("abcd")])) == [Money.new("abcd")] })
    RUBY
  end

  it "may be made shareable after registered_types has shown its handlers" do
    expect_shown(<<~RUBY, 1, true, "abcd")
      factory = factory_of
      p factory.registered_types.size
      Ractor.make_shareable(factory)
      p(in_ractor(factory) { |shared| shared.load(shared.dump([Money.new("abcd")])) == [Money.new("abcd")] })
      p factory.registered_types[0][:packer].call(Money.new("abcd"))
    RUBY
  end

  it "serves recursive types, Symbols and oversized integers in another Ractor" do
    expect_shown(<<~RUBY, [true, true])
      factory = MessagePack::Factory.new
      factory.register_type(1, Box, packer: Handlers::WRITE, unpacker: Handlers::READ, recursive: true)
      factory.register_type(0, Symbol, packer: :to_msgpack_ext, unpacker: :from_msgpack_ext,
                                       optimized_symbols_parsing: true)
      bigint = MessagePack::Bigint
      factory.register_type(2, Integer, packer: bigint.instance_eval { Ractor.make_shareable(proc { |it| it.to_s }) },
                                        unpacker: bigint.instance_eval { Ractor.make_shareable(proc { |it| it.to_i }) },
                                        oversized_integer_extension: true)
      Ractor.make_shareable(factory)
      p(in_ractor(factory) do |shared|
        nested = (1..200).inject([:a, 2**70]) { |inner, _| Box.new(inner) }
        [shared.load(shared.dump([nested, :b])) == [nested, :b],
         shared.unpacker.feed(shared.packer.write(nested).to_s).read == nested]
      end)
    RUBY
  end

  it "makes dups, packers, unpackers and pools of its own there" do
    expect_shown(<<~RUBY, [6, "\xD4\x06r".b, true])
      factory = Ractor.make_shareable(factory_of(packer: Handlers::TEXT, unpacker: Handlers::MONEY))
      p(in_ractor(factory) do |shared|
        copy = shared.dup
        copy.register_type(6, Range, packer: proc { "r" }, unpacker: proc { |data| data })
        pool = shared.pool(2, symbolize_keys: true)
        [copy.registered_types.last[:type], copy.dump(1..2),
         pool.load(pool.dump({ "k" => Money.new("abcd") })) == { k: Money.new("abcd") }]
      end)
    RUBY
  end

  it "is used by four Ractors at once" do
    expect_shown(<<~RUBY, [true] * 4)
      factory = MessagePack::Factory.new
      factory.register_type(1, Box, packer: Handlers::WRITE, unpacker: Handlers::READ, recursive: true)
      factory.register_type(5, Money, packer: Handlers::TEXT, unpacker: Handlers::MONEY)
      Ractor.make_shareable(factory)
      ractors = Array.new(4) do |number|
        Ractor.new(factory, number) do |shared, own|
          (0...300).all? do |turn|
            value = [own, Money.new("\#{own}-\#{turn}"), Box.new([{ "key" => Box.new(Money.new("x" * own)) }])]
            shared.load(shared.dump(value)) == value
          end
        end
      end
      p ractors.map { |ractor| ractor.respond_to?(:take) ? ractor.take : ractor.value }
    RUBY
  end

  it "lets errors out there as anywhere" do
    expect_shown(<<~RUBY, [MessagePack::UnknownExtTypeError, 1, NoMethodError, MessagePack::NestingError])
      factory = MessagePack::Factory.new
      factory.register_type(1, Box, packer: Handlers::WRITE, unpacker: Handlers::READ, recursive: true)
      Ractor.make_shareable(factory)
      p(in_ractor(factory) do |shared|
        cycle = Box.new
        cycle.value = cycle
        unknown = error_of { shared.load("\\x91\\xD4\\x09x") }
        [unknown.class, unknown.offset, error_of { shared.dump(Object.new) }.class,
         error_of { shared.dump(cycle) }.class]
      end)
    RUBY
  end

  describe "with a handler that cannot be shared" do
    {
      "a Proc whose self cannot" => ["->(money) { money.text }", "Ractor::IsolationError"],
      "a Method" => ['"x".method(:+)', "Ractor::Error"]
    }.each do |what, (handler, error)|
      it "gets Ruby's own error: #{what}" do
        expect_shown(<<~RUBY, true, false, true)
          factory = factory_of(packer: #{handler}, unpacker: nil)
          p error_of { Ractor.make_shareable(factory) }.is_a?(#{error})
          p Ractor.shareable?(factory)
          p factory_of(packer: Handlers::TEXT).dump(Money.new("a")) == "\\xD4\\x05a".b
        RUBY
      end
    end

    it "is not shareable by being frozen, and works as before where it is" do
      expect_shown(<<~RUBY, false, "\xD4\x05z".b)
        text = +"z"
        factory = factory_of(packer: ->(_) { text }).freeze
        p Ractor.shareable?(factory)
        p factory.dump(Money.new("a"))
      RUBY
    end

    it "gets Ruby's own error: a Proc that refers to something unfrozen" do
      expect_shown(<<~RUBY, Ractor::IsolationError, false, "\xD4\x05z".b)
        text = +"z"
        handler = Handlers.instance_eval { ->(_) { text } }
        factory = factory_of(packer: handler)
        p error_of { Ractor.make_shareable(factory) }.class
        p Ractor.shareable?(factory)
        p factory.dump(Money.new("a"))
      RUBY
    end

    it "harms neither the GC nor what is made shareable afterwards" do
      expect_shown(<<~RUBY, [true, false, true], "\xD4\x05a".b)
        factory = factory_of(packer: ->(money) { money.text })
        3.times { error_of { Ractor.make_shareable(factory) } }
        GC.start
        garbage = Array.new(10_000) { |number| [number.to_s] }
        GC.start
        good = Ractor.make_shareable(factory_of(packer: Handlers::TEXT))
        p [garbage.all? { |item| item[0].to_i.to_s == item[0] }, Ractor.shareable?([+"x"]), Ractor.shareable?(good)]
        p(in_ractor(good) { |shared| shared.dump(Money.new("a")) })
      RUBY
    end
  end

  describe "DefaultFactory" do
    it "serves its shareable entries in other Ractors" do
      expect_shown(<<~RUBY, [true, true, "\xD4\x05a".b])
        MessagePack::DefaultFactory.register_type(5, Money, packer: Handlers::TEXT, unpacker: Handlers::MONEY)
        p(in_ractor do
          value = [Money.new("a"), 1]
          [MessagePack.unpack(MessagePack.pack(value)) == value, MessagePack.unpack(value.to_msgpack) == value,
           MessagePack.pack(value[0])]
        end)
      RUBY
    end

    it "raises Ractor::IsolationError there for the others, and serves all in the main Ractor" do
      expect_shown(<<~RUBY, [true, true, "\xD4\x05a".b, [1]], [:main, "d"])
        log = []
        MessagePack::DefaultFactory.register_type(5, Money, packer: Handlers::TEXT, unpacker: Handlers::MONEY)
        MessagePack::DefaultFactory.register_type(6, Box, packer: ->(_) { (log << :main) && "b" },
                                                          unpacker: ->(data) { log + [data] })
        p(in_ractor do
          [error_of { MessagePack.pack([Box.new(1)]) }.is_a?(Ractor::IsolationError),
           error_of { MessagePack.unpack("\\x91\\xD4\\x06d") }.is_a?(Ractor::IsolationError),
           MessagePack.pack(Money.new("a")), MessagePack.unpack("\\x91\\x01")]
        end)
        MessagePack.pack(Box.new(1))
        p MessagePack.unpack("\\xD4\\x06d")
      RUBY
    end
  end
end
