# frozen_string_literal: true

# With GC_STRESS=1 there is a garbage collection at every allocation inside the library's own methods, the handlers and
# blocks that they call included. The examples compare contents: an object that nothing marks is overwritten long before
# anything crashes. `rake spec:gc_stress` runs each file so, in a process of its own: what other files leave behind
# would have to be marked again and again.
#
# Outside of these methods the stress is off. RSpec allocates a hundred times more than the library does: hours in all,
# to find the same, for what is lost between two calls is collected at the beginning of the second. For the same reason
# an example's first calls get full collections, the next ones those of young objects, which find nearly all, and later
# ones none but a few.
#
# Left out are the examples tagged :slow, :property and :real_world. A few are :slow only here: 500 levels of calls, or
# errors for which Ruby looks for what was meant, take minutes then.
module GCStress
  FULL = true
  YOUNG = 1
  FULL_CALLS = 2
  ALL_CALLS = 64
  EVERY = 16

  class << self
    def start
      @calls = 0
    end

    def stop
      @calls = nil
      GC.stress = false
    end

    # The mode for the next call.
    def mode
      return false unless @calls

      @calls += 1
      return FULL if @calls <= FULL_CALLS

      @calls <= ALL_CALLS || (@calls % EVERY).zero? ? YOUNG : false
    end

    # @param owner [Module] whose methods, private ones included, run under stress from now on
    def wrap(owner)
      public_names = owner.public_instance_methods(false)
      private_names = owner.private_instance_methods(false)
      owner.prepend(Module.new do
        (public_names + private_names).each { |name| GCStress.define(self, name) }
        private_names.each { |name| private(name) }
      end)
    end

    def define(wrapper, name)
      wrapper.define_method(name) do |*args, &block|
        before = GC.stress
        GC.stress = before || GCStress.mode
        super(*args, &block)
      ensure
        GC.stress = before
      end
      wrapper.send(:ruby2_keywords, name)
    end
  end
end

if ENV["GC_STRESS"].to_s.match?(/\A[1-9]/)
  [MessagePack, MessagePack::Packer, MessagePack::Unpacker, MessagePack::Buffer, MessagePack::ExtType,
   MessagePack::Factory, MessagePack::Factory::Pool].each do |owner|
    GCStress.wrap(owner)
    GCStress.wrap(owner.singleton_class)
  end

  RSpec.configure do |config|
    config.filter_run_excluding :slow, :property

    # Not around hooks: what an example's own around hooks do to prepare and to restore is not the point.
    config.before { GCStress.start }
    config.after { GCStress.stop }
  end
end
