COMPARED = ("SGD", "momentum", "AdaGrad", "RMSProp", "RMSProp+Nesterov", "Adam")
