# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker, "and the keys of maps" do
  subject(:unpacker) { described_class.new }

  def read(digits, **options)
    described_class.new(options).feed(hex(digits)).read
  end

  describe "String keys" do
    it "are frozen and interned" do
      key = read("81 a3 61 62 63 01").keys.first

      expect(key).to be_frozen.and equal(-"abc")
    end

    it "are the same object in every map, message and unpacker" do
      keys = [read("92 81 a1 61 01 81 a1 61 02"), read("91 81 d9 01 61 03")].flatten.flat_map(&:keys)

      expect(keys).to all(equal(-"a"))
    end

    it "are so whatever their length" do
      [0, 1, 30, 31, 32, 48, 255, 70_000].each do |size|
        message = bytes(0x81, 0xdb, [size].pack("N"), "k" * size, 0x01)
        key = unpacker.feed(message).read.keys.first
        expect(key).to equal(-("k" * size)).and be_frozen
      end
    end

    it "differ where the first and last bytes and the length are the same" do
      names = %w[1 2 3 4].map { |middle| "headhead#{middle * 4}tailtail" }
      message = bytes(0x84, names.map { |name| bytes(0xa0 + name.bytesize, name, 0x07) }.join)

      2.times { expect(unpacker.feed(message).read.keys).to eq(names) }
    end

    it "are UTF-8 for str and ASCII-8BIT for bin, which are different keys" do
      map = read("82 a2 c3 a9 01 c4 02 c3 a9 02")

      expect(map.keys.map(&:encoding)).to eq([Encoding::UTF_8, Encoding::BINARY])
      expect(map.keys).to all(be_frozen)
      expect(map).to eq("é" => 1, "\xC3\xA9".b => 2)
    end

    it "may be no UTF-8" do
      expect(read("81 a2 ff fe 01")).to eq("\xFF\xFE" => 1)
    end

    it "do not freeze values of the same bytes" do
      map = read("81 a1 61 a1 61")

      expect(map["a"]).to eq("a")
      expect(map["a"]).not_to be_frozen
    end

    it "survive many different ones" do
      names = Array.new(5_000) { |number| "key#{number}" }
      2.times do
        names.each_slice(1_000) do |slice|
          message = bytes(0xde, [slice.size].pack("n"), slice.map { |name| bytes(0xa0 + name.bytesize, name, 1) }.join)
          expect(unpacker.feed(message).read.keys).to eq(slice)
        end
      end
    end
  end

  describe "duplicate keys" do
    it "leave the last value" do
      expect(read("83 a1 61 01 a1 62 02 a1 61 03")).to eq("a" => 3, "b" => 2)
      expect(read("82 01 a1 78 01 a1 79")).to eq(1 => "y")
      expect(read("82 91 01 a1 78 91 01 a1 79")).to eq([1] => "y")
    end

    it "leave the last value across a batch of a large map" do
      size = 10_000
      pairs = (0...size).map { |number| [0xcd, number % 100, 0xcd, number].pack("CnCn") }
      map = unpacker.feed(bytes(0xdf, [size].pack("N"), pairs.join)).read

      expect(map).to eq((0...100).to_h { |key| [key, size - 100 + key] })
    end

    it "leave the last value with symbolize_keys, str and bin being one" do
      expect(read("82 a1 61 01 c4 01 61 02", symbolize_keys: true)).to eq(a: 2)
    end
  end

  describe "any object" do
    {
      "nil" => ["81 c0 01", nil], "true" => ["81 c3 01", true], "an Integer" => ["81 cd 01 00 01", 256],
      "a large Integer" => ["81 cf ff ff ff ff ff ff ff ff 01", (2**64) - 1],
      "a Float" => ["81 cb 3f f8 00 00 00 00 00 00 01", 1.5], "an empty Array" => ["81 90 01", []],
      "an Array" => ["81 92 01 91 a1 61 01", [1, ["a"]]], "an empty map" => ["81 80 01", {}],
      "a map" => ["81 81 a1 61 81 c0 02 01", { "a" => { nil => 2 } }]
    }.each do |kind, (digits, key)|
      it "may be #{kind}" do
        map = read(digits)

        expect(map).to eq(key => 1)
        expect(map.fetch(key)).to eq(1)
      end
    end

    it "may be an extended type" do
      map = read("82 d4 05 aa 01 d4 ff aa 02")

      expect(map[MessagePack::ExtType.new(5, "\xAA".b)]).to eq(1)
      expect(map[MessagePack::ExtType.from_exttype(-1, "\xAA".b)]).to eq(2)
    end

    it "may be what a handler returns" do
      unpacker.register_exttype(5) { |_type, data| [data, "own"] }

      expect(unpacker.feed(hex("82 d4 05 aa 01 d4 05 bb 02")).read)
        .to eq(["\xAA".b, "own"] => 1, ["\xBB".b, "own"] => 2)
    end

    it "is compared with its own hash and eql?" do
      modulo = Struct.new(:number) do
        def hash = number % 10

        def eql?(other) = (number % 10) == (other.number % 10)
      end
      unpacker.register_exttype(5) { |_type, data| modulo.new(data.ord) }
      map = unpacker.feed(hex("83 d4 05 01 a1 61 d4 05 02 a1 62 d4 05 0b a1 63")).read

      expect(map.transform_keys(&:number)).to eq(1 => "c", 2 => "b")
    end

    it "may raise in its hash; the next object is read then" do
      failing = Class.new { def hash = raise(IOError, "no hash") }
      unpacker.register_exttype(5) { |_type, _data| failing.new }

      expect { unpacker.feed(hex("92 81 d4 05 aa 01 02 07")).read }.to raise_error(IOError, "no hash")
      expect(unpacker.read).to eq(7)
    end
  end

  describe "with symbolize_keys: true" do
    it "makes Symbols of str and bin keys at every depth, and of nothing else" do
      message = "84 a1 61 81 a1 62 a1 63 c4 01 64 01 05 02 91 a1 65 03"

      expect(read(message, symbolize_keys: true)).to eq(a: { b: "c" }, d: 1, 5 => 2, ["e"] => 3)
    end

    it "makes Symbols of any UTF-8, the empty one too" do
      map = read("84 a0 01 a2 c3 a9 02 c4 02 c3 b1 03 a3 61 20 62 04", symbolize_keys: true)

      expect(map).to eq("": 1, é: 2, ñ: 3, "a b": 4)
    end

    it "refuses a key that is no UTF-8 and goes on with the next object" do
      ["92 81 a2 ff fe 01 02 07", "92 81 c4 02 ff fe 01 02 07"].each do |digits|
        unpacker = unpacker_of(digits, symbolize_keys: true)

        expect { unpacker.read }.to raise_error(EncodingError)
        expect(unpacker.read).to eq(7)
      end
    end

    it "leaves String keys alone when it is false or nil" do
      [false, nil].each { |off| expect(read("81 a1 61 01", symbolize_keys: off)).to eq("a" => 1) }
    end

    it "leaves Symbols that the garbage collector may take" do
      run = in_subprocess(<<~RUBY)
        require "msgpack-ext"
        unpacker = MessagePack::Unpacker.new(symbolize_keys: true)
        before = Symbol.all_symbols.size
        30_000.times do |number|
          name = "passing_key_\#{number}"
          unpacker.feed("\\x81".b << [0xd9, name.bytesize].pack("CC") << name << "\\x01").read
        end
        unpacker = nil
        4.times { GC.start }
        puts Symbol.all_symbols.size - before
      RUBY

      expect(run).to be_success, run.to_s
      expect(Integer(run.stdout)).to be < 15_000
    end
  end
end
