# frozen_string_literal: true

# Registering by the gem's own method. The wiki's is in unpacker_exttype_spec.rb, both together in both_apis_spec.rb.
RSpec.describe MessagePack::Unpacker, "#register_type" do
  subject(:unpacker) { described_class.new }

  let(:klass) do
    Struct.new(:data) do
      def self.from_msgpack_ext(data) = new(data)
      def self.other(data) = new([data])
    end
  end
  let(:message) { ext_bytes(5, "abcd") }

  def read(bytes)
    unpacker.feed(bytes).read
  end

  it "returns nil" do
    expect([unpacker.register_type(5, klass), unpacker.register_type(5, klass, :other),
            unpacker.register_type(5) { nil }]).to all(be_nil)
  end

  it "calls the class's from_msgpack_ext with the payload alone" do
    unpacker.register_type(5, klass)
    expect(read(bytes(0x91, message))).to eq([klass.new("abcd")])
  end

  it "calls another method of the class" do
    [:other, "other"].each do |method|
      unpacker.register_type(5, klass, method)
      expect(read(message)).to eq(klass.new(["abcd"]))
    end
  end

  it "calls a block with the payload alone" do
    seen = []
    unpacker.register_type(5) { |*arguments| seen.concat(arguments) && :block }
    expect(read(bytes(0x92, message, ext_bytes(5, "")))).to eq(%i[block block])
    expect(seen).to eq(["abcd", ""])
  end

  it "calls a block although there is a class" do
    unpacker.register_type(5, klass) { |data| [data] }
    expect(read(message)).to eq(["abcd"])
    expect(unpacker.registered_types.map { |entry| entry[:class] }).to eq([klass])
  end

  it "gives the handler an unfrozen binary String of its own" do
    seen = []
    unpacker.register_type(5) { |data| seen << data }
    source = bytes(0x92, message, message)
    read(source)
    seen[0] << "!"
    expect(seen).to eq(%w[abcd! abcd])
    expect(seen.map { |data| [data.encoding, data.frozen?] }).to all(eq([Encoding::BINARY, false]))
    expect(source).to eq(bytes(0x92, message, message))
  end

  it "takes a lambda of one argument as block" do
    unpacker.register_type(5, &->(data) { [data] })
    expect(read(message)).to eq(["abcd"])
  end

  [-128, -1, 0, 127].each do |type|
    it "takes the type number #{type}, and no other with it" do
      unpacker.register_type(type) { |data| [data] }
      expect(read(ext_bytes(type, "abcd"))).to eq(["abcd"])
      expect(read(ext_bytes(type ^ 1, "abcd"))).to be_an_instance_of(MessagePack::ExtType)
    end
  end

  [-129, 128, 255, 2**64].each do |type|
    it "refuses the type number #{type}" do
      expect { unpacker.register_type(type) { nil } }.to raise_error(RangeError)
      expect { unpacker.register_type(type, klass) }.to raise_error(RangeError)
      expect(unpacker.registered_types).to eq([])
    end
  end

  it "refuses what is no type number, and a type number alone" do
    ["5", nil, klass].each { |type| expect { unpacker.register_type(type) { nil } }.to raise_error(TypeError) }
    expect { unpacker.register_type(5) }.to raise_error(ArgumentError)
    expect { unpacker.register_type }.to raise_error(ArgumentError)
    expect { unpacker.register_type(5, klass, :other, :other) }.to raise_error(ArgumentError)
    expect(unpacker.registered_types).to eq([])
  end

  it "looks for the class's method at once" do
    expect { unpacker.register_type(5, klass, :missing) }.to raise_error(NameError, /missing/)
    expect { unpacker.register_type(5, Class.new) }.to raise_error(NameError, /from_msgpack_ext/)
    expect(unpacker.registered_types).to eq([])
  end

  it "lets the later registration of a type number win" do
    unpacker.register_type(5) { :first }
    unpacker.register_type(5) { :second }
    expect(read(message)).to eq(:second)
  end

  it "is for one unpacker alone" do
    unpacker.register_type(5) { :mine }
    expect(described_class.new.feed(message).read).to eq(MessagePack::ExtType.new(5, "abcd"))
  end

  it "calls handlers once for each object, in their order, however often the reading resumes" do
    called = []
    unpacker.register_type(5) { |data| (called << data) && data }
    input = bytes(0x93, ext_bytes(5, "a"), 0x81, ext_bytes(5, "bc"), ext_bytes(5, "def"), ext_bytes(5, ""))
    input.each_char do |byte|
      expect_underflow { unpacker.read }
      unpacker.feed(byte)
    end
    expect(unpacker.read).to eq(["a", { "bc" => "def" }, ""])
    expect(called).to eq(["a", "bc", "def", ""])
  end

  it "lets the error of a handler out, and skips the rest of that object" do
    unpacker.register_type(5) { raise IOError, "mine" }
    unpacker.feed(bytes(0x92, message, 1, 7))
    expect { unpacker.read }.to raise_error(IOError, "mine")
    expect(unpacker.read).to eq(7)
  end

  it "gives an UnpackError of a handler the offset of the extended type" do
    unpacker.register_type(5) { raise MessagePack::MalformedFormatError, "mine" }
    expect(error_of { read(bytes(0x92, 1, message)) }.offset).to eq(2)
  end

  it "refuses its own reading inside the handler, and takes input there" do
    errors = []
    unpacker.register_type(5) do |data|
      errors << error_of { unpacker.read }
      unpacker.feed(hex("08"))
      data
    end
    expect(unpacker.feed(bytes(0x92, message, 1)).to_a).to eq([["abcd", 1], 8])
    expect(errors).to contain_exactly(be_a(RuntimeError))
  end

  it "is refused by a frozen unpacker, which still reads" do
    unpacker.register_type(5) { |data| [data] }
    unpacker.freeze
    expect { unpacker.register_type(6) { nil } }
      .to raise_error(FrozenError, /\Acan't modify frozen MessagePack::Unpacker\z/)
    expect(read(message)).to eq(["abcd"])
  end

  it "keeps handlers alive that only it knows" do
    3.times { |type| unpacker.register_type(type) { |data| "#{type}: #{data}" } }
    unpacker.register_type(3, Class.new { def self.from_msgpack_ext(data) = "class: #{data}" })
    GC.start
    expect(read(hex("94 d4 00 61 d4 01 62 d4 02 63 d4 03 64"))).to eq(["0: a", "1: b", "2: c", "class: d"])
  end

  describe "#registered_types" do
    it "is empty at first" do
      expect(unpacker.registered_types).to eq([])
    end

    it "lists type, class and unpacker, by type number" do
      unpacker.register_type(100, klass)
      unpacker.register_type(-3, &:upcase)
      unpacker.register_type(5, klass, :other)
      expect(unpacker.registered_types).to match(
        [{ type: -3, class: nil, unpacker: be_a(Proc) }, { type: 5, class: klass, unpacker: be_a(Proc) },
         { type: 100, class: klass, unpacker: be_a(Proc) }]
      )
      expect(unpacker.registered_types.map { |entry| entry[:unpacker].call("ab") })
        .to eq(["AB", klass.new(["ab"]), klass.new("ab")])
    end

    it "shows the same Proc at each call, and a block as the one that was given", signatures: false do
      block = proc { |data| data }
      unpacker.register_type(5, &block)
      unpacker.register_type(6, klass)
      shown = unpacker.registered_types.map { |entry| entry[:unpacker] }
      expect(shown[0]).to equal(block)
      expect(unpacker.registered_types.map { |entry| entry[:unpacker] }).to match(shown.map { |each| equal(each) })
    end

    it "gives a list of its own each time" do
      unpacker.register_type(5, klass)
      unpacker.registered_types.clear
      unpacker.registered_types[0][:type] = 6
      expect(unpacker.registered_types.map { |entry| entry[:type] }).to eq([5])
    end

    it "lists what a factory has registered" do
      factory = MessagePack::Factory.new
      factory.register_type(6, Range, packer: nil, unpacker: ->(data) { data })
      factory.register_type(5, klass)
      expect(factory.unpacker.registered_types).to eq(factory.registered_types(:unpacker))
    end
  end

  describe "#type_registered?" do
    before do
      unpacker.register_type(5, klass)
      unpacker.register_type(-6) { nil }
    end

    it "is so for a registered number" do
      expect([5, -6, 6, -5, 0, 1000].map { |type| unpacker.type_registered?(type) })
        .to eq([true, true, false, false, false, false])
    end

    # Unlike a Packer's, for what is made is of this very class.
    it "is so for a registered class, and not for others of its line" do
      expect([klass, Class.new(klass), klass.superclass, Range, Module.new].map { |it| unpacker.type_registered?(it) })
        .to eq([true, false, false, false, false])
    end

    it "refuses what is neither a class nor a number" do
      ["Time", :Time, 5.0, nil].each do |value|
        expect { unpacker.type_registered?(value) }.to raise_error(ArgumentError)
      end
    end
  end
end
