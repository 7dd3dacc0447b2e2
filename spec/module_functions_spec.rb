# frozen_string_literal: true

# MessagePack.pack, dump, unpack and load: what is common to them, and pack's arguments. More of unpack is in
# unpack_spec.rb.
RSpec.describe MessagePack, "module functions" do
  %i[pack dump].each do |name|
    describe ".#{name}" do
      define_method(:pack) { |*arguments, **options| described_class.public_send(name, *arguments, **options) }

      it "gives a binary String" do
        result = pack([1, "é", { "a" => nil }])
        expect(result).to eq(hex("93 01 a2 c3 a9 81 a1 61 c0"))
        expect([result.encoding, result.frozen?, pack("").encoding]).to eq([Encoding::BINARY, false, Encoding::BINARY])
      end

      it "gives a String of its own at each call" do
        first = pack(["first", 1])
        second = pack(["other", 2])
        first << "tail"
        expect([second, pack(["third", 3])]).to eq([hex("92 a5 6f 74 68 65 72 02"), hex("92 a5 74 68 69 72 64 03")])
      end

      it "packs results of very different sizes in turn" do
        [1, 100_000, 2, 3_000_000, 3].each do |size|
          expect(pack(["x" * size]) == MessagePack::Packer.new.write(["x" * size]).to_s).to be(true)
        end
      end

      it "writes to an io and gives nil" do
        io = ScriptedSink.new(1)
        expect(pack([1, "a"], io)).to be_nil
        expect(io.taken).to eq(hex("92 01 a1 61"))
      end

      it "writes to an io that has << alone" do
        io = ScriptedAppendOnlySink.new
        expect(pack([1], io)).to be_nil
        expect(io.taken).to eq(hex("91 01"))
      end

      it "writes nothing to an io when the object cannot be packed" do
        io = ScriptedSink.new
        expect { pack([1, Object.new], io) }.to raise_error(NoMethodError)
        expect(io.given).to eq([])
      end

      it "lets an error of the io out" do
        expect { pack(1, ScriptedSink.new(Errno::EPIPE.new)) }.to raise_error(Errno::EPIPE)
        expect { pack(1, ScriptedSink.new(0)) }.to raise_error(IOError)
      end

      it "refuses an io that can be written to in no way" do
        expect { pack(1, Object.new) }.to raise_one_of(ArgumentError, TypeError, NoMethodError)
      end

      it "writes into a Packer given as io, and gives nil" do
        packer = MessagePack::Packer.new(compatibility_mode: true).write(1)
        packer.register_exttype(Range, 5) { "r" }
        expect(pack(["a".b, 1..2], packer)).to be_nil
        expect(packer.to_s).to eq(hex("01 92 a1 61 d4 05 72"))
      end

      it "rolls back a Packer given as io" do
        packer = MessagePack::Packer.new.write(1)
        expect { pack([2, Object.new], packer) }.to raise_error(NoMethodError)
        expect(packer.to_s).to eq(hex("01"))
      end

      it "takes a Hash as second argument for options, also after an io or nil" do
        options = { compatibility_mode: true }
        io = ScriptedSink.new
        expect([pack("a".b, options), pack("a".b, nil, options), pack("a".b, **options)]).to all(eq(hex("a1 61")))
        expect(pack("a".b, io, options)).to be_nil
        expect(io.taken).to eq(hex("a1 61"))
        expect([pack("a".b, nil), pack("a".b, nil, nil), pack("a".b, {})]).to all(eq(hex("c4 01 61")))
      end

      it "packs a Hash that is the only argument, with or without braces" do
        expect([described_class.public_send(name, { a: 1 }), described_class.public_send(name, a: 1)])
          .to all(eq(hex("81 a1 61 01")))
      end

      it "applies unknown_class: false" do
        object = Class.new { def to_msgpack(packer) = packer.write(7) }.new
        expect(pack(object)).to eq(hex("07"))
        expect { pack(object, unknown_class: false) }.to raise_error(TypeError)
        expect { pack(object, unknown_class: true) }.to raise_error(ArgumentError)
      end

      it "refuses other numbers of arguments and options that are no Hash" do
        expect { described_class.public_send(name) }.to raise_error(ArgumentError)
        expect { described_class.public_send(name, 1, nil, {}, 2) }.to raise_error(ArgumentError)
        expect { described_class.public_send(name, 1, nil, 2) }.to raise_one_of(ArgumentError, TypeError)
      end

      it "works while another call is under way" do
        klass = Class.new { def to_msgpack(packer) = packer.write(MessagePack.pack(["inner", MessagePack.pack(1)])) }
        expected = bytes(0x92, 0xc4, 10, 0x92, 0xa5, "inner", 0xc4, 1, 1, 2)
        expect(pack([klass.new, 2])).to eq(expected)
      end

      it "works from several threads" do
        results = Array.new(4) { |i| Thread.new { Array.new(200) { |j| pack([i, j, "t" * j]) } } }.map(&:value)
        expected = Array.new(4) { |i| Array.new(200) { |j| MessagePack::Packer.new.write([i, j, "t" * j]).to_s } }
        expect(results == expected).to be(true)
      end
    end
  end

  describe "after include MessagePack" do
    let(:includer) do
      Class.new do
        include MessagePack

        def round_trip(object) = [unpack(pack(object)), load(dump(object))]
        def to_io(object, io) = pack(object, io)
        def old(object) = dump(object, compatibility_mode: true)
      end
    end

    it "all four are there" do
      io = ScriptedSink.new
      expect(includer.new.round_trip([1, "a"])).to eq([[1, "a"], [1, "a"]])
      expect([includer.new.to_io(1, io), io.taken, includer.new.old("a".b)]).to eq([nil, hex("01"), hex("a1 61")])
    end

    it "all four are private" do
      expect(includer.private_instance_methods).to include(:pack, :dump, :unpack, :load)
      expect(%i[pack dump unpack load].select { |name| includer.new.respond_to?(name) }).to eq([])
      expect { includer.new.pack(1) }.to raise_error(NoMethodError, /private/)
    end
  end

  it "are public on the module, and each is its own inverse" do
    expect(%i[pack dump unpack load]).to all(satisfy { |name| described_class.respond_to?(name) })
    object = { "a" => [1, -1, 1.5, nil, true, "é", "\xff".b, { 1 => [] }] }
    expect(described_class.unpack(described_class.dump(object))).to eq(object)
    expect(described_class.load(described_class.pack(object))).to eq(object)
  end

  it "read what has to_str: a Packer, a Buffer, an object" do
    packer = MessagePack::Packer.new.write([1])
    object = Class.new { def to_str = "\x91\x02".b }.new
    expect([packer, packer.buffer, object].map { |source| described_class.unpack(source) }).to eq([[1], [1], [2]])
    expect(packer.to_s).to eq(hex("91 01"))
  end

  it "has a version from 1.8.100 on, which checks for the msgpack gem pass" do
    version = Gem::Version.new(MessagePack::VERSION)
    expect(version).to be >= Gem::Version.new("1.8.100")
    expect(Gem::Requirement.new("~> 1.8")).to be_satisfied_by(version)
    expect(MessagePack::VERSION).to be_frozen
  end
end
