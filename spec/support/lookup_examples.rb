# frozen_string_literal: true

# Which registration is taken for an object, by whichever API it was made: an existing singleton class, the exact class,
# then the nearest class or module among the ancestors.
#
# The group has `register(klass, name)`, which registers a handler that names the registration, and `taken(object)`: the
# name of the one that was taken, else what to_msgpack has written.
RSpec.shared_examples "the lookup of registrations" do
  let(:mixin) { Module.new }
  let(:parent) { Class.new { def to_msgpack(packer) = packer.write("none") } }
  let(:child) { Class.new(parent).include(mixin) }

  it "takes the exact class before its ancestors" do
    register(parent, "parent")
    register(mixin, "mixin")
    register(child, "child")
    expect([taken(child.new), taken(parent.new)]).to eq(%w[child parent])
  end

  it "takes an existing singleton class first, for that object alone" do
    object = child.new
    register(object.singleton_class, "singleton")
    register(child, "child")
    expect([taken(object), taken(child.new)]).to eq(%w[singleton child])
  end

  it "takes the class of an object whose singleton class is not registered" do
    object = child.new
    def object.something = nil
    register(child, "child")
    expect(taken(object)).to eq("child")
  end

  it "finds a module that extends the object, after the exact class" do
    object = child.new.extend(extension = Module.new)
    register(parent, "parent")
    register(extension, "extension")
    expect([taken(object), taken(child.new)]).to eq(%w[extension parent])
    register(child, "child")
    expect(taken(object)).to eq("child")
  end

  it "takes the exact class before a module prepended to it" do
    child.prepend(prepended = Module.new)
    register(prepended, "prepended")
    expect(taken(child.new)).to eq("prepended")
    register(child, "child")
    expect(taken(child.new)).to eq("child")
  end

  it "finds classes, modules, Object and BasicObject among the ancestors" do
    [BasicObject, Kernel, Object, parent, mixin].each do |klass|
      register(klass, klass.to_s)
      expect(taken(child.new)).to eq(klass.to_s)
    end
  end

  it "finds BasicObject, and objects below it" do
    blank = Class.new(BasicObject)
    register(BasicObject, "basic")
    expect([taken(blank.new), taken(child.new)]).to eq(%w[basic basic])
    register(blank, "blank")
    expect([taken(blank.new), taken(Class.new(blank).new)]).to eq(%w[blank blank])
  end

  it "sees what is registered after the class was already packed" do
    expect(taken(child.new)).to eq("none")
    register(parent, "parent")
    expect(taken(child.new)).to eq("parent")
    register(child, "child")
    expect(taken(child.new)).to eq("child")
  end

  it "leaves exact Strings, Arrays and Hashes native, and serves their subclasses" do
    { String => "s", Array => [1], Hash => { 1 => 2 } }.each do |core, value|
      register(core, core.name)
      expect([taken(value), taken(Class.new(core).new)]).to eq([value, core.name])
    end
  end

  it "takes a nearer module of a subclass" do
    register(Array, "array")
    register(mixin, "mixin")
    expect([taken(Class.new(Array).include(mixin).new), taken(Class.new(Array).new)]).to eq(%w[mixin array])
  end
end
