# frozen_string_literal: true

require "stringio"

# Recursive types, the packing side and round trips. Reading is in factory_recursive_unpacking_spec.rb, depth in
# factory_recursive_depth_spec.rb, what handlers may do in factory_recursive_handlers_spec.rb.
RSpec.describe MessagePack::Factory, "and recursive types" do
  subject(:factory) { box_factory }

  let(:box) { FactoryHelpers::Box }

  # A handler that writes a payload of so many bytes, none of them MessagePack.
  let(:raw) { ->(box, packer) { packer.buffer << ("x" * box.value) } }

  describe "round trips" do
    point = Struct.new(:x, :y)
    tree = Struct.new(:name, :children)

    # One recursive type that writes several objects, one that contains itself, one that is not recursive.
    let(:factory) do
      box_factory.tap do |factory|
        factory.register_type(2, point, packer: ->(it, packer) { packer.write(it.x).write(it.y) },
                                        unpacker: ->(child) { point.new(child.read, child.read) }, recursive: true)
        factory.register_type(3, tree, packer: ->(it, packer) { packer.write(it.name).write(it.children) },
                                       unpacker: ->(child) { tree.new(child.read, child.read) }, recursive: true)
        factory.register_type(4, Symbol)
      end
    end

    {
      "an object" => point.new(12, 34), "objects in containers" => [point.new(1, 2), { "k" => point.new(nil, "y") }, 7],
      "objects as keys" => { point.new(1, 2) => point.new(3, 4), "k" => 1 },
      "one in another" => point.new(point.new(1, point.new(2, 3)), [point.new(4, { "k" => point.new(5, 6) })]),
      "types in one another" => point.new(:a, tree.new(:b, [point.new(1, :c), tree.new("leaf", [])])),
      "a wide tree" => tree.new("root", Array.new(300) { |n| tree.new("n#{n}", [tree.new(n, [])]) }),
      "a deep tree" => (1..60).inject(tree.new("leaf", [])) { |inner, n| tree.new("n#{n}", [inner]) },
      "large payloads in large payloads" =>
        (1..4).inject("x" * 70_000) { |inner, n| tree.new("n" * 70_000, [n, inner, point.new("y" * 300, inner)]) }
    }.each do |name, value|
      it "keep #{name}" do
        one_shot = factory.dump(value)
        written = factory.packer.write(0).write(value).to_s
        expect(written).to eq("\0".b + one_shot)
        expect(factory.load(one_shot)).to eq(value)
        expect(factory.unpacker.feed(written).to_a).to eq([0, value])
      end
    end

    it "keep everything while the GC runs" do
      value = [tree.new("a" * 30, [tree.new(:b, [{ point.new("c" * 30, 1) => point.new("d" * 30, ["e" * 30]) }])]), "f"]
      expect(factory.unpacker.feed(factory.packer.write(value).to_s).read).to eq(value)
      expect(factory.load(factory.dump(value))).to eq(value)
    end
  end

  describe "the header" do
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 255, 256, 257, 65_535, 65_536, 65_537, 3_000_000].each do |size|
      it "is the smallest that fits #{size} bytes" do
        factory = box_factory(packer: raw)
        expected = ext_bytes(1, "x" * size)
        expect(factory.dump(box.new(size)) == expected).to be(true)
        expect(factory.packer.write(box.new(size)).to_s == expected).to be(true)
        expect(factory.dump([1, box.new(size), { "k" => box.new(size) }]) ==
               bytes(0x93, 1, expected, 0x81, 0xa1, "k", expected)).to be(true)
      end
    end

    it "is the smallest at each level" do
      [1, 14, 15, 16, 250, 253, 255, 65_530, 65_536].each do |size|
        core = MessagePack.pack("x" * size)
        expect(factory.dump(box.nested(5, "x" * size)) == nested_ext_bytes(5, core)).to be(true), "#{size} bytes"
        expect(factory.packer.write(box.nested(5, "x" * size)).to_s == nested_ext_bytes(5, core)).to be(true)
      end
    end

    it "stands where it belongs, however much was written before" do
      packer = factory.packer
      expected = String.new(encoding: Encoding::BINARY)
      [1, 100, 30_000, 40_000, 3, 600_000].each do |size|
        packer.write("y" * size).write(box.new("x" * size))
        text = MessagePack.pack("y" * size)
        expected << text << ext_bytes(1, MessagePack.pack("x" * size))
      end
      expect(packer.to_s == expected).to be(true)
    end

    it "has the registered number" do
      [-128, -1, 0, 127].each do |type|
        factory.register_type(type, box, packer: ->(it, packer) { packer.write(it.value) }, recursive: true)
        expect(factory.dump(box.new(7))).to eq(ext_bytes(type, "\x07"))
      end
    end
  end

  describe "the packer's handler" do
    it "gets the object and a Packer, which knows the same types" do
      seen = []
      factory = box_factory(packer: ->(*arguments) { seen.concat(arguments) })
      factory.dump(object = box.new(1))
      expect(seen).to match([equal(object), be_an_instance_of(MessagePack::Packer)])
      expect(seen[1].type_registered?(box)).to be(true)
    end

    {
      "a Symbol" => ->(_) { :write_to }, "a String" => ->(_) { "write_to" },
      "a Method" => ->(writer) { writer.method(:call) }, "an object with call" => ->(writer) { writer }
    }.each do |name, make|
      it "may be #{name}" do
        klass = Class.new { def write_to(packer) = packer.write("written") }
        writer = Class.new { def call(_object, packer) = packer.write("written") }.new
        factory.register_type(5, klass, packer: make.call(writer), recursive: true)
        expect(factory.dump([klass.new])).to eq(bytes(0x91, ext_bytes(5, bytes(0xa7, "written"))))
      end
    end

    [nil, "a String", :symbol, 7, [1], Object.new].each do |result|
      it "may give #{result.class}, which is ignored" do
        factory = box_factory(packer: ->(it, packer) { packer.write(it.value) && result })
        expect(factory.dump([box.new(7)])).to eq(hex("91 d4 01 07"))
      end
    end

    it "may write by every method there is" do
      factory = box_factory(packer: lambda do |_box, packer|
        packer.write_nil.write_true.write_false.write_int(1).write_string("s").write_symbol(:y).write_array([1])
        packer.write_hash({ 1 => 2 }).write_float(1.5).write_float32(1.5).write_bin("b").write_ext(5, "e")
        packer.write_array_header(1).write_map_header(1).write_bin_header(1)
        packer.write_exttype_header(1, 5).write_extended_header(5, 1).pack(7)
        packer.write_extension(MessagePack::ExtensionValue.new(6, "v"))
        "text".to_msgpack(packer)
        packer.buffer.write("raw")
      end)
      payload = hex("c0 c3 c2 01 a1 73 a1 79 91 01 81 01 02 cb 3f f8 00 00 00 00 00 00 ca 3f c0 00 00 c4 01 62 " \
                    "d4 05 65 91 81 c4 01 d4 05 d4 05 07 d4 06 76 a4 74 65 78 74 72 61 77")
      expect(factory.dump([box.new(1), 7])).to eq(bytes(0x92, ext_bytes(1, payload), 7))
      expect(factory.packer.write([box.new(1), 7]).to_s).to eq(bytes(0x92, ext_bytes(1, payload), 7))
    end

    it "may write nothing" do
      factory = box_factory(packer: ->(_box, _packer) {})
      expect(factory.dump([box.new(1), box.new(2)])).to eq(hex("92 c7 00 01 c7 00 01"))
    end

    it "is asked for what it writes itself, and lower-level types are" do
      low = Class.new { def to_msgpack(packer) = packer.write(FactoryHelpers::Box.new("from below")) }
      inner = ext_bytes(1, bytes(0xaa, "from below"))
      expect(factory.dump(box.new([low.new]))).to eq(ext_bytes(1, bytes(0x91, inner)))
    end

    it "packs with the options of the packer" do
      text = "x" * 200
      expect(factory.dump(box.new(text), compatibility_mode: true))
        .to eq(ext_bytes(1, bytes(0xda, [200].pack("n"), text)))
      unknown = Class.new { def to_msgpack(packer) = packer.write(1) }
      expect { factory.dump(box.new(unknown.new), unknown_class: false) }.to raise_error(TypeError)
      expect(factory.dump(box.new(unknown.new))).to eq(ext_bytes(1, "\x01"))
    end

    it "packs with what the packer itself has registered" do
      packer = factory.packer
      packer.register_type(6, Range, :to_s)
      packer.register_exttype(Time, 7) { "time" }
      expect(packer.write(box.new([1..2, Time.at(0)])).to_s)
        .to eq(ext_bytes(1, bytes(0x92, ext_bytes(6, "1..2"), ext_bytes(7, "time"))))
    end
  end

  describe "with an io" do
    let(:io) { ScriptedSink.new }

    it "hands over nothing before the header is known, whoever flushes" do
      factory = box_factory(packer: lambda do |it, packer|
        packer.write("before").flush.write(it.value)
        packer.flush
        packer.buffer.flush
      end)
      packer = factory.packer(io)
      packer.write([1, box.new([box.new(2)])])
      expect(io.taken).to eq("")
      packer.flush
      inner = ext_bytes(1, bytes(0xa6, "before", 2))
      expect(io.taken).to eq(bytes(0x92, 1, ext_bytes(1, bytes(0xa6, "before", 0x91, inner))))
    end

    it "writes the same bytes in all, however large" do
      value = ["y" * 1_500_000, box.new(["z" * 2_000_000, box.new("x" * 1_200_000)]), "end"]
      packer = factory.packer(io)
      packer.write(value).write(box.new("w" * 40_000)).write(7).flush
      expect(io.taken == bytes(factory.dump(value), factory.dump(box.new("w" * 40_000)), 7)).to be(true)
    end

    it "writes by Factory#dump and full_pack" do
      expect(factory.dump(box.new([1]), io)).to be_nil
      expect(factory.packer(io).write(box.new([2])).full_pack).to be_nil
      expect(io.taken).to eq(ext_bytes(1, hex("91 01")) + ext_bytes(1, hex("91 02")))
    end
  end

  describe "when a handler fails" do
    # The handler of the innermost box fails.
    def failing_factory(failure)
      box_factory(packer: lambda do |it, packer|
        it.value == :fail ? failure.call(packer.write("partial")) : packer.write(it.value)
      end)
    end

    {
      "raises" => ->(_) { raise IOError, "mine" }, "throws" => ->(_) { throw :out },
      "writes what cannot be packed" => ->(packer) { packer.write(Object.new) }
    }.each do |name, failure|
      [1, 2, 5].each do |level|
        it "and #{name} at level #{level}, leaves the packer as it was" do
          packer = failing_factory(failure).packer.write(3)
          catch(:out) do
            expect { packer.write([1, box.nested(level, :fail)]) }.to raise_error(StandardError)
          end
          expect(packer.to_s).to eq(hex("03"))
          expect(packer.write(box.new([4])).to_s).to eq(bytes(3, ext_bytes(1, hex("91 04"))))
        end
      end
    end

    it "and another rescues it, drops what the failing one wrote" do
      factory = box_factory(packer: lambda do |it, packer|
        packer.write(it.value)
      rescue IOError
        packer.write("rescued")
      end)
      failing = Class.new
      factory.register_type(2, failing, recursive: true,
                                        packer: ->(_, packer) { packer.write("partial") && raise(IOError) })
      expect(factory.dump([box.new([1, failing.new])])).to eq(bytes(0x91, ext_bytes(1, bytes(0xa7, "rescued"))))
    end

    it "lets the error itself out" do
      mine = IOError.new("mine")
      factory = box_factory(packer: ->(_, _) { raise mine })
      expect(error_of { factory.dump({ "a" => [box.new(1)] }) }).to equal(mine)
    end
  end

  it "has no handlers where recursive: true is all that is given" do
    factory.register_type(9, Range, recursive: true)
    expect { factory.dump(1..2) }.to raise_error(NoMethodError, /to_msgpack/)
    expect { factory.load(ext_bytes(9, "\x01")) }.to raise_error(MessagePack::UnknownExtTypeError)
  end

  it "gives payloads as Strings where recursive is false" do
    factory.register_type(9, Range, packer: ->(*arguments) { arguments.size.to_s }, unpacker: ->(data) { data },
                                    recursive: false)
    expect(factory.dump(1..2)).to eq(ext_bytes(9, "1"))
    expect(factory.load(ext_bytes(9, "\x01"))).to eq("\x01".b)
  end

  it "shows the handlers that were given" do
    packer = ->(_, _) {}
    unpacker = ->(_) {}
    factory.register_type(9, Range, packer: packer, unpacker: unpacker, recursive: true)
    expect(factory.registered_types.last)
      .to match({ type: 9, class: Range, packer: equal(packer), unpacker: equal(unpacker) })
  end

  it "serves subclasses and modules" do
    subclass = Class.new(box)
    expect(factory.dump(subclass.new(7))).to eq(ext_bytes(1, "\x07"))
    factory.register_type(2, Enumerable, packer: ->(it, packer) { packer.write(it.to_a) }, recursive: true)
    expect(factory.dump((1..3).each)).to eq(ext_bytes(2, hex("93 01 02 03")))
  end
end
