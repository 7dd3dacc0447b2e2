# frozen_string_literal: true

# Which registration serves an object: an existing singleton class, the exact class, then the nearest class or module
# among the ancestors, in whatever order they were registered.
RSpec.describe MessagePack::Factory, "lookup of registrations" do
  subject(:factory) { described_class.new }

  # Registers with a handler that names the registration, and leaves unpacking alone.
  def register(klass, name, type: 9)
    factory.register_type(type, klass, packer: ->(_object) { name }, unpacker: nil)
  end

  # The name of the registration that was taken, else the object that was packed. It is the same by itself and in
  # containers, by a Packer and in one shot; where it is not, all that there were.
  def taken(object)
    values = both_ways(object) + both_ways([object]).map(&:first) + both_ways({ 1 => object }).map { |map| map[1] }
    names = values.map { |value| value.is_a?(MessagePack::ExtType) ? value.data : value }.uniq
    names.size == 1 ? names.first : names
  end

  def both_ways(object)
    [factory.dump(object), factory.packer.write(object).to_s].map { |bytes| MessagePack.unpack(bytes) }
  end

  include_examples "the lookup of registrations"

  it "takes the nearest ancestor, in whatever order they were registered" do
    names = { mixin => "mixin", parent => "parent", Object => "Object", Kernel => "Kernel" }
    names.keys.permutation.each do |order|
      factory = described_class.new
      order.each_with_index { |klass, type| factory.register_type(type, klass, packer: ->(_) { names[klass] }) }
      expect(MessagePack.unpack(factory.dump(child.new)).data).to eq("mixin")
      expect(MessagePack.unpack(factory.dump(parent.new)).data).to eq("parent")
      expect(MessagePack.unpack(factory.dump(1..2)).data).to eq("Object")
    end
  end

  it "sees modules that a class includes later" do
    register(mixin, "mixin")
    klass = Class.new { def to_msgpack(packer) = packer.write("none") }
    expect(taken(klass.new)).to eq("none")
    klass.include(mixin)
    register(Module.new, "unrelated")
    expect(taken(klass.new)).to eq("mixin")
  end

  it "prefers a registration to a to_msgpack" do
    register(parent, "parent")
    expect(taken(parent.new)).to eq("parent")
    expect(taken(Class.new(parent) { def to_msgpack(packer) = packer.write("own") }.new)).to eq("parent")
  end

  describe "Object, for all that nothing else is registered for" do
    # As Rails does it: whatever else there is must win over it.
    let(:specific) { { Range => "range", Symbol => "symbol", Time => "time", parent => "parent" } }
    let(:expected) do
      { (1..2) => "range", a: "symbol", Time.at(0) => "time", child.new => "parent", Class => "Object" }
    end

    it "is last when registered last" do
      specific.each { |klass, name| register(klass, name) }
      register(Object, "Object")
      expect(expected.keys.map { |object| taken(object) }).to eq(expected.values)
    end

    it "is last when registered first" do
      register(Object, "Object")
      specific.each { |klass, name| register(klass, name) }
      expect(expected.keys.map { |object| taken(object) }).to eq(expected.values)
    end

    it "is not asked for what is native" do
      register(Object, "Object")
      values = [nil, true, false, 1, -1, (2**64) - 1, -(2**63), 1.5, "s", "b".b, [1], { 1 => 2 }]
      expect(values.map { |value| taken(value) }).to eq(values)
    end
  end

  describe "core classes" do
    { NilClass => nil, TrueClass => true, FalseClass => false, Integer => 7, Float => 1.5, String => "s",
      Array => [1], Hash => { 1 => 2 } }.each do |core, value|
      it "may be registered, and exact #{core} stays native" do
        register(core, "registered")
        expect(factory.type_registered?(core)).to be(true)
        expect(taken(value)).to eq(value)
        expect(factory.dump([value, { value => value }])).to eq(MessagePack.pack([value, { value => value }]))
      end
    end

    { String => "s", Array => [1], Hash => { 1 => 2 } }.each do |core, value|
      it "serve the subclasses of #{core}" do
        register(core, "registered")
        subclass = Class.new(core)
        object = subclass.new.replace(value)
        expect([taken(object), taken(value)]).to eq(["registered", value])
        register(subclass, "the subclass")
        expect([taken(object), taken(Class.new(subclass).new)]).to eq(["the subclass"] * 2)
      end

      it "pack subclasses of #{core} natively when nothing is registered for them" do
        register(Range, "unrelated")
        expect(taken(Class.new(core).new.replace(value))).to eq(value)
      end

      it "serve an exact #{core} by its singleton class alone" do
        object = core.new.replace(value)
        register(object.singleton_class, "singleton")
        expect([taken(object), taken(core.new.replace(value))]).to eq(["singleton", value])
      end
    end

    it "use a registration of Symbol, for keys as well" do
      register(Symbol, "symbol")
      expect([taken(:abc), taken("abc"), taken(:+)]).to eq(%w[symbol abc symbol])
      expect(factory.dump({ a: :b })).to eq(bytes(0x81, ext_bytes(9, "symbol"), ext_bytes(9, "symbol")))
      expect(factory.packer.write({ a: { a: 1 } }).to_s)
        .to eq(bytes(0x81, ext_bytes(9, "symbol"), 0x81, ext_bytes(9, "symbol"), 1))
    end

    it "pack Symbols natively unless Symbol or an ancestor of it is registered" do
      register(String, "String")
      expect(taken(:abc)).to eq("abc")
      register(Comparable, "Comparable")
      expect([taken(:abc), taken("abc")]).to eq(%w[Comparable abc])
      register(Symbol, "Symbol")
      expect(taken(:abc)).to eq("Symbol")
    end

    it "serve registered subclasses of String as keys" do
      subclass = Class.new(String)
      register(subclass, "key")
      expect(factory.dump({ subclass.new("a") => 1, "b" => 2 }))
        .to eq(bytes(0x82, ext_bytes(9, "key"), 1, 0xa1, "b", 2))
    end
  end

  describe "ExtType" do
    let(:values) { [MessagePack::ExtType.new(5, "ab"), MessagePack::ExtensionValue.new(5, "ab")] }

    it "is packed as the type that it holds" do
      register(child, "unrelated")
      expect(values.map { |value| factory.dump(value) }).to all(eq(ext_bytes(5, "ab")))
    end

    it "is packed as registered, if it or an ancestor is" do
      register(Object, "Object")
      expect(values.map { |value| taken(value) }).to all(eq("Object"))
      register(MessagePack::ExtType, "ExtType")
      expect(values.map { |value| taken(value) }).to all(eq("ExtType"))
    end
  end

  it "refuses with unknown_class: false only what is not registered" do
    register(parent, "parent")
    expect(factory.dump([child.new, 1, "s", :s], unknown_class: false))
      .to eq(bytes(0x94, ext_bytes(9, "parent"), 1, 0xa1, "s", 0xa1, "s"))
    expect { factory.dump(1..2, unknown_class: false) }.to raise_error(TypeError, /Range/)
  end

  it "is that of each factory alone" do
    register(child, "child")
    expect(MessagePack.unpack(described_class.new.dump(child.new))).to eq("none")
    expect(MessagePack.unpack(MessagePack.pack(child.new))).to eq("none")
  end
end
