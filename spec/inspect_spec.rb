# frozen_string_literal: true

require "stringio"

# What irb shows of an object: its class and its state in one short line, whatever it is in the middle of.
RSpec.describe "inspect" do
  def packer(*args, **options) = MessagePack::Packer.new(*args, **options)
  def unpacker(*args, **options) = MessagePack::Unpacker.new(*args, **options)

  describe "of a Packer" do
    it "tells how many bytes it holds" do
      expect(packer.inspect).to eq("#<MessagePack::Packer 0 bytes>")
      expect(packer.write(1).inspect).to eq("#<MessagePack::Packer 1 byte>")
      expect(packer.write("abc").inspect).to eq("#<MessagePack::Packer 4 bytes>")
    end

    it "tells registered classes, unknown_class: false, the class of its io, and that it is frozen" do
      given = packer(StringIO.new, unknown_class: false)
      given.register_exttype(Rational, 1, :to_s)
      expect(given.inspect)
        .to eq("#<MessagePack::Packer 0 bytes, 1 class registered, unknown_class: false, to StringIO>")
      given.register_lowlevel(Complex)
      expect(given.freeze.inspect).to eq(
        "#<MessagePack::Packer 0 bytes, 2 classes registered, unknown_class: false, to StringIO, frozen>"
      )
    end

    it "tells in a handler that it writes" do
      given = packer
      seen = nil
      given.register_lowlevel(Rational) do |_, inner|
        seen = inner.inspect
        inner.write(nil)
      end
      given.write([1, 1r])
      expect(seen).to eq("#<MessagePack::Packer 2 bytes, writing, 1 class registered>")
      expect(given.inspect).to eq("#<MessagePack::Packer 3 bytes, 1 class registered>")
    end

    it "names a subclass, and cuts a name that is long" do
      stub_const("Mine", Class.new(MessagePack::Packer))
      expect(Mine.new.inspect).to eq("#<Mine 0 bytes>")
      stub_const("A#{"b" * 99}", Class.new(MessagePack::Packer))
      expect(Object.const_get("A#{"b" * 99}").new.inspect).to eq("#<A#{"b" * 59}... 0 bytes>")
    end

    it "asks nothing of an io, not even its class", signatures: false do
      io = Class.new(BasicObject) do
        def write(*) = 1
        def respond_to?(*) = true
        def class = ::Kernel.raise("asked")
      end
      stub_const("Sink", io)
      expect(packer(io.new).inspect).to eq("#<MessagePack::Packer 0 bytes, to Sink>")
    end
  end

  describe "of an Unpacker" do
    it "tells the position and what is unread" do
      given = unpacker.feed("\x01\x02\x03")
      given.read
      expect(given.inspect).to eq("#<MessagePack::Unpacker at byte 1, 2 bytes unread>")
    end

    it "tells that it waits for the rest of an object" do
      given = unpacker.feed("\x93\x01\xA3a")
      expect { given.read }.to raise_error(MessagePack::UnderflowError)
      expect(given.inspect)
        .to eq("#<MessagePack::Unpacker at byte 3, 1 byte unread, waiting for the rest of an object>")
      given.feed("bc\x02").read
      expect(given.inspect).to eq("#<MessagePack::Unpacker at byte 7, 0 bytes unread>")
    end

    it "does not tell so of an object that was cleared away" do
      given = unpacker.feed("\x93\x01")
      expect { given.read }.to raise_error(MessagePack::UnderflowError)
      given.buffer.clear
      expect(given.inspect).to eq("#<MessagePack::Unpacker at byte 2, 0 bytes unread>")
    end

    it "tells that it passes over an object that is skipped or was refused" do
      skipping = unpacker.feed("\x93\x01")
      expect { skipping.skip }.to raise_error(MessagePack::UnderflowError)
      refusing = unpacker(strict_map_key: true).feed("\x81\x01")
      expect { refusing.read }.to raise_error(MessagePack::UnexpectedTypeError)
      expect([skipping, refusing].map(&:inspect))
        .to all(eq("#<MessagePack::Unpacker at byte 2, 0 bytes unread, passing over the rest of an object>"))
    end

    it "tells registered types, the class of its io, and that it is frozen" do
      given = unpacker(StringIO.new("\x01"))
      given.register_exttype(1) { nil }
      given.register_type(2) { nil }
      given.freeze.read
      expect(given.inspect).to eq(
        "#<MessagePack::Unpacker at byte 1, 0 bytes unread, 2 types registered, from StringIO, frozen>"
      )
    end

    it "tells in a handler that it reads" do
      given = unpacker
      seen = nil
      given.register_exttype(1) { seen = given.inspect }
      given.feed("\x92\xD4\x01a\x02").read
      expect(seen).to eq("#<MessagePack::Unpacker at byte 4, 1 byte unread, reading, 1 type registered>")
      expect(given.inspect).to eq("#<MessagePack::Unpacker at byte 5, 0 bytes unread, 1 type registered>")
    end

    it "tells in a recursive handler that it has one payload, and afterwards that this is over" do
      factory = MessagePack::Factory.new
      child = seen = nil
      read = lambda do |given|
        child = given
        seen = given.inspect
        given.read
      end
      factory.register_type(1, Rational, unpacker: read, recursive: true)
      factory.load("\xC7\x01\x01\x05")
      expect(seen).to eq("#<MessagePack::Unpacker at byte 3, 1 byte unread, of one payload, 1 type registered>")
      expect(child.inspect).to eq("#<MessagePack::Unpacker of a handler that is over>")
    end

    it "works while its io is asked for more" do
      seen = nil
      given = nil
      io = Object.new
      io.define_singleton_method(:read) do |_|
        seen ||= given.inspect
        nil
      end
      given = unpacker(io)
      expect { given.read }.to raise_error(MessagePack::UnderflowError)
      expect(seen).to eq("#<MessagePack::Unpacker at byte 0, 0 bytes unread, reading, from Object>")
    end
  end

  describe "of a Buffer" do
    it "tells how many bytes it holds, what has been taken, and the class of its io" do
      given = MessagePack::Buffer.new
      expect(given.inspect).to eq("#<MessagePack::Buffer 0 bytes>")
      given << "abc"
      given.read(2)
      expect(given.inspect).to eq("#<MessagePack::Buffer 1 byte, at byte 2>")
      expect(MessagePack::Buffer.new(StringIO.new).freeze.inspect)
        .to eq("#<MessagePack::Buffer 0 bytes, io StringIO, frozen>")
    end

    it "tells in a handler whose it is in the middle of" do
      packing = packer
      seen = []
      packing.register_lowlevel(Rational) { |_, inner| seen << inner.buffer.inspect }
      packing.write([1r])
      factory = MessagePack::Factory.new
      factory.register_type(1, Rational, unpacker: ->(child) { seen << child.buffer.inspect }, recursive: true)
      unpacking = factory.unpacker.feed("\xC7\x01\x01\x05")
      unpacking.read
      expect(seen).to eq(["#<MessagePack::Buffer 1 byte, being written>",
                          "#<MessagePack::Buffer 1 byte, at byte 3, of one payload>"])
    end
  end

  describe "of a Factory" do
    let(:factory) { MessagePack::Factory.new }

    it "tells its types by number, with their classes" do
      expect(factory.inspect).to eq("#<MessagePack::Factory no types>")
      factory.register_type(2, Rational, packer: :to_s, unpacker: nil)
      expect(factory.inspect).to eq("#<MessagePack::Factory 1 type (2 Rational)>")
      factory.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
      expect(factory.freeze.inspect).to eq("#<MessagePack::Factory 2 types (-1 Time, 2 Rational), frozen>")
    end

    it "shows four of many" do
      100.times { |number| factory.register_type(number, Class.new, packer: :to_s) }
      expect(factory.inspect)
        .to match(/\A#<MessagePack::Factory 100 types \((\d #<Class:0x\h+>, ){4}\.\.\.\)>\z/)
    end

    it "tells DefaultFactory apart" do
      expect(MessagePack::DefaultFactory.inspect).to eq("#<MessagePack::Factory DefaultFactory, no types>")
    end

    it "works in another Ractor", :slow do
      shared = Ractor.make_shareable(factory.tap { |it| it.register_type(2, Rational, packer: :to_s) })
      result = in_subprocess(<<~RUBY)
        require "msgpack-ext"
        factory = MessagePack::Factory.new
        factory.register_type(2, Rational, packer: :to_s)
        Ractor.make_shareable(factory)
        ractor = Ractor.new(factory) do |shared|
          [shared, MessagePack::Packer.new, MessagePack::Unpacker.new, shared.pool(1)].map(&:inspect)
        end
        puts(ractor.respond_to?(:value) ? ractor.value : ractor.take)
      RUBY
      expect(result.stdout.lines(chomp: true)).to eq(
        [shared.inspect, packer.inspect, unpacker.inspect, shared.pool(1).inspect]
      ), result.to_s
    end
  end

  describe "of a Pool" do
    let(:factory) { MessagePack::Factory.new.tap { |it| it.register_type(1, Rational, packer: :to_s) } }

    it "tells its size, what is idle, and what its Factory is" do
      inner = "#<MessagePack::Factory 1 type (1 Rational), frozen>"
      pool = factory.pool(2)
      expect(pool.inspect).to eq("#<MessagePack::Factory::Pool of 2, idle: 1 Packer, 1 Unpacker, #{inner}>")
      pool.packer do
        expect(pool.inspect).to eq("#<MessagePack::Factory::Pool of 2, idle: 0 Packers, 1 Unpacker, #{inner}>")
      end
    end
  end

  describe "of an ExtType" do
    it "shows 64 bytes of a payload, and of a longer one how long it is" do
      whole = "a" * 64
      expect(MessagePack::ExtType.new(1, whole).inspect).to eq(%(#<MessagePack::ExtType: @type=1, @data="#{whole}">))
      expect(MessagePack::ExtType.new(1, "#{whole}b").inspect)
        .to eq(%(#<MessagePack::ExtType: @type=1, @data="#{whole}"... (65 bytes)>))
    end

    it "shows of what is no payload the class" do
      given = MessagePack::ExtensionValue.new(200, [1])
      expect(given.inspect).to eq("#<MessagePack::ExtensionValue: @type=200, @data=(Array)>")
      given.type = 2**70
      given.payload = BasicObject.new
      expect(given.inspect).to eq("#<MessagePack::ExtensionValue: @type=(Integer), @data=(BasicObject)>")
    end

    it "does not follow one that holds itself" do
      given = MessagePack::ExtensionValue.new(1)
      given.payload = given
      expect(given.inspect).to eq("#<MessagePack::ExtensionValue: @type=1, @data=(MessagePack::ExtensionValue)>")
    end
  end

  it "works on objects that were never initialized", signatures: false do
    classes = [MessagePack::Packer, MessagePack::Unpacker, MessagePack::Buffer, MessagePack::Factory::Pool]
    expect(classes.map { |klass| klass.allocate.inspect }).to eq(classes.map { |klass| "#<#{klass} uninitialized>" })
    expect(MessagePack::Factory.allocate.inspect).to eq("#<MessagePack::Factory no types>")
    expect(MessagePack::ExtType.allocate.inspect).to eq("#<MessagePack::ExtType: @type=nil, @data=nil>")
  end

  it "is short, whatever is held" do
    large = "x" * 1_000_000
    factory = MessagePack::Factory.new
    factory.register_type(1, Rational, packer: ->(_) { large })
    [packer.write(large), unpacker.feed(large), MessagePack::Buffer.new.append(large), factory, factory.pool(9),
     MessagePack::ExtType.new(1, large)].each { |object| expect(object.inspect.size).to be < 200 }
  end

  it "is what pp prints" do
    objects = [packer, unpacker, MessagePack::Buffer.new, MessagePack::Factory.new, MessagePack::Factory.new.pool,
               MessagePack::ExtType.new(1, "a")]
    expect { pp(*objects) }.to output(objects.map { |object| "#{object.inspect}\n" }.join).to_stdout
  end

  it "is there for other threads, and in the handler of a signal" do
    pool = MessagePack::Factory.new.pool
    given = unpacker.feed("\xD4\x01a")
    seen = []
    given.register_exttype(1) do
      seen << Thread.new { given.inspect }.value
      before = trap("USR2") { seen << given.inspect << pool.inspect }
      Process.kill("USR2", Process.pid)
      Thread.pass until seen.size == 3
      trap("USR2", before)
    end
    given.read
    expect(seen).to eq([*(["#<MessagePack::Unpacker at byte 3, 0 bytes unread, reading, 1 type registered>"] * 2),
                        pool.inspect])
  end

  it "is what irb shows", :slow do
    need system("irb", "--version", out: File::NULL, err: File::NULL), "irb"
    lib = File.expand_path("../lib", __dir__)
    run = run_program("irb", "-f", "--noverbose", "-I", lib, "-r", "msgpack", "--noecho-on-assignment",
                      stdin: "MessagePack::Packer.new.write(1)\nMessagePack::DefaultFactory\n")
    expect(run.stdout).to include("#<MessagePack::Packer 1 byte>", "#<MessagePack::Factory DefaultFactory, no types>")
  end
end
